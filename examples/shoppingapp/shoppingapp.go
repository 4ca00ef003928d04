// Package shoppingapp is the reference application: the layout of a shop with
// four services, home, kids, mens and ladies, in two forms.
//
// [Tree] is the modern one. What the services have in common stands once, in
// common/: the host and class in ingress.yml, the Deployment and the Service in
// each/, the values in vars.yml. A service is a directory with its own paths, so
// adding one touches no shared file.
//
// [Legacy] is the same shop as teams wrote it for Ansible: a generic
// deployment.yml and service.yml in every service, all paths in
// common/ingress.yml, which is of a version that Kubernetes 1.22 removed, with
// Traefik 1's annotations. It deploys as it stands.
//
// Both are values for tests and tools; the files beside this one are the same.
package shoppingapp

import (
	"embed"
	"io/fs"
)

//go:embed all:k8s
var modern embed.FS

//go:embed all:legacy/k8s
var legacy embed.FS

// App is the name of the app in both trees.
const App = "shoppingapp"

// Tree returns the modern tree: the folder k8s.
func Tree() fs.FS { return sub(modern, "k8s") }

// Legacy returns the tree as it was for Ansible: the folder legacy/k8s.
func Legacy() fs.FS { return sub(legacy, "legacy/k8s") }

func sub(fsys fs.FS, dir string) fs.FS {
	tree, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err) // dir is a constant of this file, and embedded
	}
	return tree
}
