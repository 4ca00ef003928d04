package ingress_test

import (
	"testing"

	"github.com/slipway-go/slipway/ingress"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	home, kids := to("Prefix", "a", "/home", "home", "http"), to("Prefix", "a", "/kids", "kids", "http")
	byHand := kids
	byHand.Owner, byHand.Backend.Service = ingress.Unmanaged, "evil"
	common := home
	common.Owner, common.Source = "common", "shop/common/ingress.yml:1"
	exact := to("Exact", "a", "/kids", "kids", "http")
	tests := []struct {
		name     string
		from, to []ingress.Route
		want     []string
	}{{
		name: "nothing and nothing",
	}, {
		name: "owner, source and order make no difference",
		from: []ingress.Route{home, kids}, to: []ingress.Route{kids, common},
	}, {
		name: "in the order of the Ingress",
		from: []ingress.Route{kids, common},
		to:   []ingress.Route{to("Prefix", "*.a", "/x", "x", "80"), to("Prefix", "a", "/x/y", "x", "80"), kids},
		want: []string{
			"+ a/x/y → x:80 by x",
			"- a/home → home:http by common (shop/common/ingress.yml:1)",
			"+ *.a/x → x:80 by x",
		},
	}, {
		name: "another backend",
		from: []ingress.Route{byHand}, to: []ingress.Route{kids},
		want: []string{"~ a/kids → kids:http by kids, not evil:http by hand"},
	}, {
		name: "another type is another route",
		from: []ingress.Route{kids}, to: []ingress.Route{exact},
		want: []string{"+ a/kids (Exact) → kids:http by kids", "- a/kids → kids:http by kids"},
	}, {
		name: "of twins the first counts",
		from: []ingress.Route{kids, byHand}, to: []ingress.Route{kids},
	}}
	for _, tt := range tests {
		var got []string
		for _, d := range ingress.Diff(tt.from, tt.to) {
			got = append(got, d.String())
		}
		wantLines(t, tt.name, tt.want, got)
	}
}
