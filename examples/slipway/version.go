package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A version is what was built, and with what.
type version struct {
	Slipway  string `json:"slipway"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	ClientGo string `json:"clientGo,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersion() *cobra.Command {
	var form tableFlag
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and what it was built with",
		Example: "  slipway version\n  slipway version -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := form.check(); err != nil {
				return err
			}
			v := readVersion()
			return form.write(cmd, v, func(w io.Writer) {
				fmt.Fprintf(w, "slipway\t%s\n", v.Slipway)
				if v.Commit != "" {
					fmt.Fprintf(w, "commit\t%s\n", v.Commit)
				}
				if v.ClientGo != "" {
					fmt.Fprintf(w, "client-go\t%s\n", v.ClientGo)
				}
				fmt.Fprintf(w, "go\t%s\nplatform\t%s\n", v.Go, v.Platform)
			})
		},
	}
	form.register(cmd)
	return cmd
}

// readVersion reads what the Go tool has written into the program.
func readVersion() version {
	v := version{Slipway: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Slipway = cmp.Or(info.Main.Version, "(devel)")
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, dep := range info.Deps {
		if dep.Path == "k8s.io/client-go" {
			v.ClientGo = dep.Version
		}
	}
	return v
}
