package report

import (
	"bytes"
	"errors"
	"html/template"
	"regexp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/apply"
	"github.com/slipway-go/slipway/ingress"
)

// A routeMap is where the app's routes lead, and which of them changed.
type routeMap struct {
	Rows      []routeRow
	Changed   int
	Conflicts []ingress.Conflict
	Picture   template.HTML // an SVG; empty if it would be too large
	Known     bool          // rather than not reached
}

// A routeRow is a route of the table.
type routeRow struct {
	ingress.MappedRoute
	Mark, Word string // what became of it; empty if nothing
	Was        string // where it led before
}

// ByHand says that no service declares it.
func (r routeRow) ByHand() bool { return r.Owner == ingress.Unmanaged }

// maxDrawn is up to how many routes are drawn: a larger picture is no help.
const maxDrawn = 80

func newRouteMap(o Outcome) (routeMap, error) {
	before, objs, err := routesBefore(o.Result)
	if err != nil {
		return routeMap{}, err
	}
	m := routeMap{Known: o.Result.Routes != nil, Conflicts: conflicts(o.Err)}
	if !m.Known {
		return m, nil
	}
	drawn := ingress.NewMap(o.Result.Routes, objs)
	changes := map[string]ingress.Difference{}
	for _, d := range ingress.Diff(before, o.Result.Routes) {
		m.Changed++
		if d.To == nil {
			gone := ingress.MappedRoute{Route: *d.From}
			m.Rows = append(m.Rows, routeRow{MappedRoute: gone, Mark: "−", Word: "removed"})
			continue
		}
		changes[d.To.String()] = d
	}
	for _, r := range drawn.Routes {
		m.Rows = append(m.Rows, newRouteRow(r, changes))
	}
	if len(drawn.Routes) > maxDrawn {
		return m, nil
	}
	var svg bytes.Buffer
	if err := ingress.Draw(&svg, drawn, ingress.SVG); err != nil {
		return m, err
	}
	m.Picture = template.HTML(svg.String()) // it escapes what it is given
	return m, nil
}

func newRouteRow(r ingress.MappedRoute, changes map[string]ingress.Difference) routeRow {
	row := routeRow{MappedRoute: r}
	switch d, changed := changes[r.String()]; {
	case !changed:
	case d.From == nil:
		row.Mark, row.Word = "+", "new"
	default:
		row.Mark, row.Word, row.Was = "~", "changed", d.From.Backend.String()
	}
	return row
}

// routesBefore returns the routes that were on the cluster before, and all objects that
// are there now.
func routesBefore(result *slipway.Result) (
	before []ingress.Route, objs []*unstructured.Unstructured, err error,
) {
	for _, c := range result.Changes {
		if c.Live != nil {
			objs = append(objs, c.Live)
		}
		was := c.Before
		if c.Action == apply.Unchanged {
			was = c.Live
		}
		if was == nil || (!ingress.Shared(was) || ingress.Derived(was)) && !ingress.Claiming(was) {
			continue
		}
		found, err := ingress.Routes(was)
		if err != nil {
			return nil, nil, err
		}
		before = append(before, found...)
	}
	return before, objs, nil
}

// conflicts returns the routes that two services have.
func conflicts(err error) []ingress.Conflict {
	var out []ingress.Conflict
	for _, one := range slipway.Errors(err) {
		if conflict := (*ingress.ConflictError)(nil); errors.As(one, &conflict) {
			out = append(out, conflict.Conflicts...)
		}
	}
	return out
}

var stylePattern = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// style returns the style that the picture brings along.
func (m routeMap) style() string {
	found := stylePattern.FindStringSubmatch(string(m.Picture))
	if found == nil {
		return ""
	}
	return found[1]
}
