package ingress

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable writes routes as a table for people: a line for each, under a
// heading, in the order given.
func WriteTable(w io.Writer, routes []Route) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "HOST\tPATH\tTYPE\tBACKEND\tOWNER\tSOURCE")
	for _, r := range routes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", cmp.Or(r.Host, "*"), cmp.Or(r.Path, "/"),
			r.PathType, r.Backend, r.Owner, cmp.Or(r.Source, "-"))
	}
	return table.Flush()
}
