package ingress_test

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/slipway-go/slipway/ingress"
)

// read returns a rendered object. Package render marks objects itself.
func read(set, source, text string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &obj.Object); err != nil {
		fmt.Println(err)
	}
	obj.SetLabels(map[string]string{"slipway/set": set})
	obj.SetAnnotations(map[string]string{"slipway/source": source})
	return obj
}

var (
	commonIngress = read("shop.common", "shop/common/ingress.yml:1", `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: traefik
  rules:
  - host: shop.example.com`)

	homeIngress = read("shop.home", "shop/home/ingress.yml:1", `
apiVersion: networking.k8s.io/v1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: home, port: {name: http}}}}`)

	kidsIngress = read("shop.kids", "shop/kids/ingress.yml:1", `
apiVersion: extensions/v1beta1
kind: Ingress
spec:
  rules:
  - http:
      paths:
      - {path: /kids/, pathType: Prefix, backend: {serviceName: kids, servicePort: "80"}}`)
)

// common/ingress.yml names class and host, each service its path; old versions
// of the API are upgraded.
func ExampleMerge() {
	objs := []*unstructured.Unstructured{commonIngress, homeIngress, kidsIngress}
	result, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, obj := range result.Objects {
		text, err := yaml.Marshal(obj.Object["spec"])
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %s\n%s", obj.GetKind(), obj.GetName(), text)
	}
	// Output:
	// Ingress shop
	// ingressClassName: traefik
	// rules:
	// - host: shop.example.com
	//   http:
	//     paths:
	//     - backend:
	//         service:
	//           name: kids
	//           port:
	//             number: 80
	//       path: /kids
	//       pathType: Prefix
	//     - backend:
	//         service:
	//           name: home
	//           port:
	//             name: http
	//       path: /
	//       pathType: Prefix
}

// Two pipelines deploy one service each. Neither takes the other's path away.
func ExampleRecompose() {
	var live *unstructured.Unstructured // what is on the cluster; nothing yet
	for _, own := range []*unstructured.Unstructured{homeIngress, kidsIngress} {
		objs := []*unstructured.Unstructured{commonIngress, own}
		mine, err := ingress.Merge("shop", objs, ingress.Options{Partial: true})
		if err != nil {
			fmt.Println(err)
			return
		}
		next, err := ingress.Recompose(live, mine.Objects[0])
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, route := range next.Routes {
			fmt.Println(route, "→", route.Backend, "by", route.Owner)
		}
		fmt.Println()
		live = next.Object // package apply writes it by compare-and-swap
	}
	// Output:
	// shop.example.com/ → home:http by home
	//
	// shop.example.com/kids → kids:80 by kids
	// shop.example.com/ → home:http by home
}

// A route that two services lead to different backends is refused before
// anything is written, with both owners and where they say so.
func ExampleConflictError() {
	other := kidsIngress.DeepCopy()
	other.SetLabels(map[string]string{"slipway/set": "shop.toys"})
	other.SetAnnotations(map[string]string{"slipway/source": "shop/toys/ingress.yml:1"})
	backend := map[string]any{"serviceName": "toys", "servicePort": "http"}
	other.Object["spec"] = map[string]any{"rules": []any{map[string]any{"http": map[string]any{
		"paths": []any{map[string]any{"path": "/kids", "pathType": "Prefix", "backend": backend}}}}}}
	objs := []*unstructured.Unstructured{commonIngress, kidsIngress, other}
	_, err := ingress.Merge("shop", objs, ingress.Options{})
	if conflict, ok := errors.AsType[*ingress.ConflictError](err); ok {
		for _, c := range conflict.Conflicts {
			fmt.Println(c.A)
			fmt.Println("  to", c.A.Backend, "by", c.A.Source)
			fmt.Println("  to", c.B.Backend, "by", c.B.Source)
		}
	}
	// Output:
	// shop.example.com/kids
	//   to kids:80 by shop/kids/ingress.yml:1
	//   to toys:http by shop/toys/ingress.yml:1
}

// With common/httproute.yml, routes can become HTTPRoutes, one for each service, of the Gateway
// that it names.
func ExampleMerge_httpRoute() {
	template := read("shop.common", "shop/common/httproute.yml:1", `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
spec:
  parentRefs: [{name: web, namespace: infra}]
  hostnames: [shop.example.com]`)
	objs := []*unstructured.Unstructured{template, kidsIngress}
	result, err := ingress.Merge("shop", objs, ingress.Options{Output: ingress.OutputHTTPRoute})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := yaml.Marshal(result.Objects[0].Object["spec"])
	fmt.Print(string(text))
	fmt.Println(err)
	// Output:
	// hostnames:
	// - shop.example.com
	// parentRefs:
	// - group: gateway.networking.k8s.io
	//   kind: Gateway
	//   name: web
	//   namespace: infra
	// rules:
	// - backendRefs:
	//   - group: ""
	//     kind: Service
	//     name: kids
	//     port: 80
	//     weight: 1
	//   matches:
	//   - path:
	//       type: PathPrefix
	//       value: /kids
	// <nil>
}
