package layouts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts"
)

func TestSkeletonFiles(t *testing.T) {
	t.Parallel()
	each := []layouts.File{{Path: "shop/common/each/deployment.yaml"}, {Path: "shop/common/each/service.yml.j2"}}
	services := []layouts.Directory{{Name: "home"}}
	tests := []struct {
		name     string
		skeleton layouts.Skeleton
		want     []string
		text     string // in ingress.yml
	}{{
		name:     "a new app",
		skeleton: layouts.Skeleton{App: &layouts.App{Name: "shop"}, Service: "shop-kids"},
		want: []string{
			"shop/common/each/deployment.yml", "shop/common/each/service.yml", "shop/common/ingress.yml",
			"shop/common/vars.yml", "shop/shop-kids/ingress.yml",
		},
		text: `path: "/kids"`,
	}, {
		name: "common/each makes the rest",
		skeleton: layouts.Skeleton{
			App: &layouts.App{Name: "shop", Each: each, Services: services}, Service: "kids",
			Backend: "kids-web", Port: "81",
		},
		want: []string{"shop/kids/ingress.yml"},
		text: "name: kids-web\n            port:\n              number: 81\n",
	}, {
		name: "common/each makes half of it",
		skeleton: layouts.Skeleton{
			App: &layouts.App{Name: "shop", Each: each[:1]}, Service: "kids", Path: "/k: [x", Port: "web",
		},
		want: []string{"shop/kids/ingress.yml", "shop/kids/service.yml"},
		text: "path: \"/k: [x\"\n        pathType: Prefix\n        backend:\n          service:\n" +
			"            name: {{ service_name }}\n            port:\n              name: web\n",
	}, {
		name:     "every service has all of its own",
		skeleton: layouts.Skeleton{App: &layouts.App{Name: "shop", Services: services}, Service: "kids"},
		want:     []string{"shop/kids/deployment.yml", "shop/kids/ingress.yml", "shop/kids/service.yml"},
		text:     `path: "/kids"`,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files, err := tt.skeleton.Files()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range files {
				names = append(names, f.Path)
				if strings.Contains(string(f.Data), "$") {
					t.Errorf("%s has a word that nothing stands for:\n%s", f.Path, f.Data)
				}
				if f.Path == "shop/"+tt.skeleton.Service+"/ingress.yml" && !strings.Contains(string(f.Data), tt.text) {
					t.Errorf("%s lacks %q:\n%s", f.Path, tt.text, f.Data)
				}
			}
			if diff := cmp.Diff(tt.want, names); diff != "" {
				t.Errorf("Files() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSkeletonRefuses(t *testing.T) {
	t.Parallel()
	app := &layouts.App{Name: "shop", Services: []layouts.Directory{{Name: "home"}}}
	tests := []struct {
		skeleton layouts.Skeleton
		want     string
	}{
		{layouts.Skeleton{App: app, Service: "home"}, "shop/home: the service is there already"},
		{layouts.Skeleton{App: app, Service: "common"}, "shop/common: the name is reserved"},
		{layouts.Skeleton{App: app, Service: "../x"}, "is not a DNS-1123 label"},
		{layouts.Skeleton{App: &layouts.App{Name: ".."}, Service: "x"}, "is not a DNS-1123 label"},
		{layouts.Skeleton{App: app, Service: "x", Path: "x"}, `shop/x: the path "x" does not begin with a slash`},
	}
	for _, tt := range tests {
		_, err := tt.skeleton.Files()
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, new(*layouts.Error)) {
			t.Errorf("Files() of %s error = %v, want an *Error with %q", tt.skeleton.Service, err, tt.want)
		}
	}
}
