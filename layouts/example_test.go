package layouts_test

import (
	"errors"
	"fmt"
	"testing/fstest"

	"github.com/slipway-go/slipway/layouts"
)

func ExampleLoad() {
	fsys := fstest.MapFS{ // os.DirFS("k8s"), usually
		"shoppingapp/common/ingress.yml":               {},
		"shoppingapp/common/each/service.yml":          {},
		"shoppingapp/shoppingapp-home/deployment.yml":  {},
		"shoppingapp/shoppingapp-mens/deployment.yml":  {},
		"shoppingapp/shoppingapp-mens/service.yml":     {},
		"shoppingapp/overlays/prod/kustomization.yaml": {},
	}
	app, err := layouts.Load(fsys, "shoppingapp")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, service := range app.Services {
		fmt.Println(service.Name)
		for _, f := range app.Templates(service) {
			fmt.Println(" ", f.Path)
		}
	}
	// Output:
	// shoppingapp-home
	//   shoppingapp/shoppingapp-home/deployment.yml
	//   shoppingapp/common/each/service.yml
	// shoppingapp-mens
	//   shoppingapp/shoppingapp-mens/deployment.yml
	//   shoppingapp/shoppingapp-mens/service.yml
}

func ExampleLoad_errors() {
	fsys := fstest.MapFS{"shop/common/ingress.yml": {}}
	_, err := layouts.Load(fsys, "shop")
	if errors.Is(err, layouts.ErrNoServices) {
		fmt.Println(err)
	}
	// Output:
	// shop: app has no service directory: make one beside common/, with a template or a vars.yml
}

func ExampleApps() {
	fsys := fstest.MapFS{
		"shop/home/service.yml": {}, "bank/web/service.yml": {}, "README.md": {},
	}
	fmt.Println(layouts.Apps(fsys))
	// Output: [bank shop] <nil>
}

func ExampleApp_Select() {
	app := &layouts.App{Name: "shop", Services: []layouts.Directory{{Name: "home"}, {Name: "kids"}}}
	_, err := app.Select("kid")
	fmt.Println(err)
	// Output:
	// shop/kid: no such service: did you mean kids? (there are: home, kids)
}
