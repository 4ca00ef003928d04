package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/report"
)

// completeTree makes the shell complete the flags that name what is in the tree. What
// cannot be read is not offered: the shell has nowhere to say why.
func (s *selection) completeTree(cmd *cobra.Command) {
	complete(cmd, "app", func() []string {
		names, _ := layouts.Apps(os.DirFS(s.root))
		return names
	})
	complete(cmd, "service", func() (names []string) {
		for _, service := range s.load().Services {
			names = append(names, service.Name)
		}
		return names
	})
	complete(cmd, "env", func() (names []string) {
		for _, overlay := range s.load().Overlays {
			names = append(names, overlay.Name)
		}
		return names
	})
}

func (s *selection) load() *layouts.App {
	app, _ := layouts.Load(os.DirFS(s.root), s.app)
	if app == nil {
		return &layouts.App{}
	}
	return app
}

// completeFormats makes the shell complete -o of a run.
func completeFormats(cmd *cobra.Command) {
	complete(cmd, "output", func() (names []string) {
		for _, format := range report.Formats {
			names = append(names, string(format))
		}
		return names
	})
}

// complete makes the shell complete the flag with names.
func complete(cmd *cobra.Command, flag string, names func() []string) {
	f := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return names(), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // there is no such flag: every test finds it
	}
}
