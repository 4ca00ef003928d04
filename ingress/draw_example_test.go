package ingress_test

import (
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/slipway-go/slipway/ingress"
)

// Who answers under which path.
func ExampleDraw() {
	objs := []*unstructured.Unstructured{commonIngress, homeIngress, kidsIngress}
	result, err := ingress.Merge("shop", objs, ingress.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := ingress.NewMap(result.Routes, result.Objects)
	for _, format := range []ingress.Format{ingress.Text, ingress.Mermaid} {
		if err := ingress.Draw(os.Stdout, m, format); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// HOST               PATH    TYPE     BACKEND     OWNER   SOURCE
	// shop.example.com   /kids   Prefix   kids:80     kids    shop/kids/ingress.yml:1
	// shop.example.com   /       Prefix   home:http   home    shop/home/ingress.yml:1
	// flowchart LR
	//   n0(["shop.example.com"])
	//   n1["/kids"]
	//   n2["kids#58;80"]
	//   n3["/"]
	//   n4["home#58;http"]
	//   n0 --> n1
	//   n1 -->|"kids"| n2
	//   linkStyle 1 stroke:#d9730d
	//   n0 --> n3
	//   n3 -->|"home"| n4
	//   linkStyle 3 stroke:#3b82d6
}

// A map knows the port and the workload behind a route.
func ExampleNewMap() {
	route := ingress.Route{
		Host: "shop.example.com", PathType: "Prefix", Path: "/kids",
		Backend: ingress.Backend{Service: "kids", Port: "http"}, Owner: "kids",
	}
	service := read("shop.kids", "shop/kids/service.yml:1", `
apiVersion: v1
kind: Service
metadata: {name: kids}
spec: {selector: {app: kids}, ports: [{name: http, port: 80}]}`)
	deployment := read("shop.kids", "shop/kids/deployment.yml:1", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: kids}
spec: {template: {metadata: {labels: {app: kids}}}}`)
	m := ingress.NewMap([]ingress.Route{route}, []*unstructured.Unstructured{service, deployment})
	for _, r := range m.Routes {
		fmt.Println(r, "→", r.Backend, "→", r.Port, r.Workloads)
	}
	// Output:
	// shop.example.com/kids → kids:http → 80 [Deployment/kids]
}

// What a deploy of the tree would change on the cluster.
func ExampleDiff() {
	lead := func(path, service, owner string) ingress.Route {
		return ingress.Route{
			Host: "shop.example.com", PathType: "Prefix", Path: path, Owner: owner,
			Backend: ingress.Backend{Service: service, Port: "http"},
		}
	}
	live := []ingress.Route{lead("/home", "home", "home"), lead("/sale", "old", ingress.Unmanaged)}
	tree := []ingress.Route{lead("/home", "home-next", "home"), lead("/kids", "kids", "kids")}
	for _, d := range ingress.Diff(live, tree) {
		fmt.Println(d)
	}
	// Output:
	// ~ shop.example.com/home → home-next:http by home, not home:http by home
	// + shop.example.com/kids → kids:http by kids
	// - shop.example.com/sale → old:http by hand
}
