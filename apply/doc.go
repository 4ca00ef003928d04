// Package apply brings objects to a Kubernetes cluster by server-side apply. It
// is the only package of Slipway that meets one.
//
// # Apply
//
// An [Applier], made by [New], sends objects in stages, many at once within a
// stage: namespaces, definitions, configuration, workloads, middlewares, routes.
// It reads what is there first and skips what it can prove to be unchanged; see
// [Applier.Apply]. Every object carries the label slipway/set, its membership in
// the set of a service.
//
// Applied fields belong to the field manager "slipway". A field that another
// manager owns with another value is a [*ConflictError], never overwritten; list
// the manager in Options.Adopt to take its fields over, as a team does that comes
// from Ansible ("OpenAPI-Generator") or kubectl ("kubectl-client-side-apply").
//
// # The shared Ingress
//
// The Ingress that package ingress makes is written by many runs, each with the
// routes of its own services. Apply reads it, puts its routes in, and writes it
// back only if nobody wrote meanwhile; else it starts over. That takes one
// request a try, so no route is lost at any interleaving, nor when a run is
// killed between any two requests.
//
// # Wait
//
// [Applier.Wait] watches the rollouts that Apply began until they are complete,
// and ends early, with the pods' own reasons, when they cannot be.
//
// # Errors
//
// Every failed object has an [*ObjectError] with its name and its template's
// file and line. Inside is a type for each thing that a user can do something
// about: [*ConflictError], [*ForbiddenError], [*InvalidError],
// [*UnknownKindError], [*NamespaceError], [*UnreachableError],
// [*ContentionError], [*RolloutError], and package ingress' own. All are matched
// with [errors.As]. Values of Secrets are in none.
package apply
