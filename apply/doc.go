// Package apply brings objects to a Kubernetes cluster by server-side apply. It
// is the only package of Slipway that meets one.
//
// # Plan and apply
//
// An [Applier], made by [New], sends objects in stages, many at once within a
// stage: namespaces, definitions, configuration, workloads, middlewares, routes.
// It reads what is there first and skips what it can prove to be unchanged; see
// [Applier.Apply]. [Applier.Plan] says beforehand what Apply would do, field by
// field, and changes nothing. Both return the same [Result].
//
// Applied fields belong to the field manager "slipway". A field that another
// manager owns with another value is a [*ConflictError], never overwritten; list
// the manager in Options.Adopt to take its fields over, as a team does that comes
// from Ansible ("OpenAPI-Generator") or kubectl ("kubectl-client-side-apply").
// Replicas that the template leaves out are never reset, whoever set them.
//
// # Sets
//
// Every object carries the label slipway/set, its membership in the set of a
// service. What has the label of a set and is in no template any more is deleted,
// within the bounds of Options.PrunePercent. What is in which set stands on the
// objects, so a run that was killed forgets nothing; the next one finishes the job.
//
// A Secret in Options.Namespace, slipway.<set>, records the kinds that a set
// consists of and its last ten revisions, without the values of Secrets:
// [Applier.History] returns them, [Applier.Rollback] applies one again. It is
// written once at the end of a run, and only if the set is not what it was. Who may
// not read or write Secrets deploys all the same, without history; the Result says
// so.
//
// # The shared Ingress
//
// The Ingress that package ingress makes is written by many runs, each with the
// routes of its own services. Apply reads it, puts its routes in, and writes it
// back only if nobody wrote meanwhile; else it starts over. That takes one
// request a try, so no route is lost at any interleaving, nor when a run is
// killed between any two requests.
//
// Routes whose paths are stripped, and Traefik's Middleware, are in objects of their own
// that are derived from the app's Ingress; see package ingress. They take in what is new
// before that is written, and let go of what is not wanted after it.
//
// # Claims
//
// The HTTPRoutes that package ingress makes are objects of one service each. What keeps
// two services from one path is a claim, an entry in the ConfigMap of the host, made
// under a field manager of the set's own, slipway/<set>: before anything of the set is
// written, all claims that it lacks, in one request for each host, or none; at the end
// it gives up those that it needs no more. A path that another set has is an
// [*ingress.ConflictError]. Claims go back with the routes when a run is undone or
// rolled back, and Remove gives them up after the routes. With Options.PrunePercent
// below zero none is given up, since no HTTPRoute is. It takes the rights to get, list,
// create, patch and delete ConfigMaps.
//
// # Remove
//
// [Applier.Remove] takes a set off the cluster: its routes first, then, after
// Options.Drain, its objects, then its claims, and its record last.
//
// # Looking
//
// [Applier.Status] tells what the cluster has of a set, and how it is; [Applier.Sets] which
// sets there are. [Applier.Diagnose] finds what stands in the way of a deploy: rights that
// are missing, and field managers that own what is to be deployed.
//
// # Wait and undo
//
// Apply waits until the rollouts of its objects are complete, whoever began them, by
// watching, and ends early, with the pods' own reasons and last words, when they
// cannot succeed. [Applier.Wait] does so
// for a run that did not. A set in which anything failed is put back as it was:
// objects that were ours have their old fields, those that were new are gone, and
// its routes were not touched. [Applier.Undo] does so for a run that did succeed.
//
// # Requests
//
// A run that changes nothing costs a LIST for each kind and namespace, and one for
// the records. Each object that is new or changed costs a PATCH, each that is pruned
// a DELETE, each set that changed a PATCH of its record, each host in which a set claims
// paths or gives them up a PATCH for it; discovery is asked only
// about kinds that are not Kubernetes' own. A set that has no record yet is sought
// once among all kinds that a service may consist of, with a LIST for each; waiting
// takes a LIST and a watch for each kind that is not ready, and for its pods.
// Result.Requests counts.
//
// What may pass by itself, such as an API server that restarts or a webhook that
// is not up yet, is put up with for Options.Patience. Otherwise only ctx limits the
// time of a run.
//
// # Errors
//
// Every failed object has an [*ObjectError] with its name and its template's
// file and line. Inside is a type for each thing that a user can do something
// about, all matched with [errors.As]:
//
//   - in the template: [*InvalidError], [*ImmutableError], [*UnknownKindError],
//     [*TooLargeError], [*PruneError];
//   - in the cluster: [*ConflictError], [*NamespaceError],
//     [*NamespaceTerminatingError], [*DeniedError], [*QuotaError], [*WebhookError],
//     [*RolloutError], [*UndoError], [*RecordError];
//   - in the access to it: [*ForbiddenError], [*UnauthorizedError],
//     [*UnreachableError], [*OverloadedError], [*ContentionError];
//
// and package ingress' own. Values of Secrets are in none.
package apply
