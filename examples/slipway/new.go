package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
)

func newNew() *cobra.Command {
	var root, app, route string
	service := &cobra.Command{
		Use:   "service NAME",
		Short: "Make the directory of a new service, which deploys as it is",
		Long: `Make the directory of a new service, which deploys as it is: what common/each/ of the app
does not make already, and the route. Of an app that is not there yet, common/ is made,
too. No file that is there is changed.`,
		Example: `  slipway new service shoppingapp-sale --app shoppingapp
  slipway new service shoppingapp-sale --app shoppingapp --path /sale
  slipway new service web --app myapp --root k8s`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no name: say how the service is called, such as shoppingapp-sale")
			}
			return noArgs(cmd, args[1:])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if app == "" {
				return usagef("no app: name one with --app")
			}
			return makeService(cmd, root, app, args[0], route)
		},
	}
	flags := service.Flags()
	flags.StringVar(&root, "root", "k8s", "directory that holds the apps; made if it is not there")
	flags.StringVar(&app, "app", "", "app of the service; made if it is not there")
	flags.StringVar(&route, "path", "", "path that leads to the service; default its name, less the app's")
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make the directory of a new service",
		Example: `  slipway new service shoppingapp-sale --app shoppingapp
  slipway new service web --app myapp --root k8s`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(service)
	return cmd
}

// makeService writes the files of the service and says what to do with them.
func makeService(cmd *cobra.Command, root, app, service, route string) error {
	if err := os.MkdirAll(root, 0o777); err != nil {
		return usagef("--root: %w", err)
	}
	dir, err := os.OpenRoot(root)
	if err != nil {
		return usagef("--root: %w", err)
	}
	defer dir.Close()
	d := slipway.Deployer{Root: dir.FS(), App: app}
	if err := write(cmd, dir, &d, service, route); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(),
		"Deploy it: slipway deploy --root %s --app %s --service %s --set image_id=IMAGE\n",
		root, app, service)
	return nil
}

func write(cmd *cobra.Command, dir *os.Root, d *slipway.Deployer, service, route string) error {
	files, err := d.NewService(context.WithoutCancel(cmd.Context()), service, route)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.FromSlash(f.Path)
		err := dir.MkdirAll(filepath.Dir(name), 0o777)
		if err == nil {
			err = writeNew(dir, name, f.Data)
		}
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w: take it away, or choose another name", f.Path, fs.ErrExist)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), filepath.Join(dir.Name(), name))
	}
	return nil
}

// writeNew writes a file that is not there yet.
func writeNew(dir *os.Root, name string, data []byte) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}
