// Package overlay applies an environment's kustomization to the objects of an app.
//
//	k8s/shop/overlays/prod/kustomization.yaml
//	k8s/shop/overlays/prod/replicas.yaml            a patch
//	k8s/shop/overlays/components/debug/…            what several environments share
//
// [Apply] runs kustomize, in memory, on what package render has made: the rendered
// objects are there without being named, so kustomization.yaml only says what is to
// change, or to be added. Patches, images, replicas, namespace, namePrefix and
// nameSuffix, labels, annotations, replacements, generators, and components work as
// kustomize documents them. An overlay's vars.yml is for package render.
//
// # What is where
//
// Paths lead to files below overlays/, of this environment or of another directory
// there. What two environments share is a component. A kustomization that is named
// under resources adds objects of its own; it does not see the rendered ones.
//
// Ingresses are those of the templates, before they are merged into one. One that has
// no name goes by the name of its service, the second of two with one name by
// <name>.<service>; the names that it gets do not stay.
//
// # Whose objects are
//
// Objects keep their order, their set and their source, whatever a patch does to
// them. What the overlay adds comes after them and belongs to common, unless its label
// slipway/set names a service: <app>.<service>.
//
// A namePrefix does not make room for a second environment in one namespace: both have
// the same sets, so each would prune the other's objects. Give each a namespace.
//
// # One service
//
// Patches, names and references are the whole app's. To deploy one service, apply the
// overlay to all objects, and take those of the service from the result: then they are
// the same as in a deploy of the whole app. slipway.Deployer does so. Where some cannot
// be had, Options.Partial leaves out the patches that are for them; otherwise one that
// is for nothing is an error.
//
// # Errors
//
// Each [Error] has the line and column, in the kustomization or the patch: unknown fields at any
// depth, values of another type, what is not there or is for nothing, what is refused, and what
// kustomize says, as far as leaving parts out tells where it comes from. render.QuoteFields
// gives them their excerpts.
//
// If the rendered objects say where their fields stand, as those of render.Options.Lines do, the
// result says so of what an overlay set: the patch that holds the value, its operation, the line
// of images, replicas, namespace, labels and so on, a literal or a line of a file of a generator;
// and of a field that a patch takes away. Where nothing is found that says it, a field stands
// where it did, and its values name the kustomization.
//
// # What is refused
//
// All that is not in the tree, or is a program: remote resources, bases, components and
// files; Helm charts; generators, transformers and validators that are executables or
// containers. It is refused before kustomize runs, with the file and the field. So are
// fields that would do nothing here, sortOptions and buildMetadata, and vars, which
// replacements took the place of.
//
// # Bounds
//
// Kustomize cannot be stopped once it runs, so what is asked of it is counted before. The
// files of all overlays may have 8 MiB, the objects 32 MiB. There may be 10,000 objects, and
// 1,000 that the overlay adds, 5,000 items in a list of a kustomization, 200 patches of one
// object, 5,000 operations, and as many literals. More, and copies that may make an object
// larger than 64 MiB, are errors at the line where it becomes too much. Kustomize has state
// that all of a program shares: one overlay is applied at a time.
//
// Kustomize compares objects with each other: a hundred take tenths of a second, a thousand
// with a patch for each service some seconds (BenchmarkApply).
package overlay
