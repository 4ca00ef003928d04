// Package ingress merges the Ingress routes of an app's services into the
// app's one Ingress, and keeps account of who owns which route.
//
// A [Route] is a (host, path type, path) that leads to a [Backend]; it has an
// owner, the service that declared it, and a source. The package is pure: it
// reads and returns plain objects and never meets a cluster.
//
// # Who owns what
//
// common/ingress.yml owns the class, the TLS section, the annotations and the
// default backend. Services own paths: a service's ingress.yml holds rules and
// nothing else, and a rule without a host is for the hosts that
// common/ingress.yml names.
//
// In trees made for Ansible all paths stand in common/ingress.yml. A path there
// belongs to the service whose rendered Service it names, and to common when it
// names nobody's. So a pipeline that deploys one service publishes that
// service's paths, whatever else its checkout says or does not say.
//
// # Merge
//
// [Merge] takes the rendered objects and returns them with every Ingress
// replaced by one networking.k8s.io/v1 Ingress. extensions/v1beta1 and
// networking.k8s.io/v1beta1 are upgraded field by field. Two owners may share a
// route when they agree on its backend; when they do not, a [*ConflictError]
// lists every such pair.
//
// # The registry
//
// spec.rules and spec.rules[].http.paths are atomic lists under server-side
// apply: two field managers cannot co-own paths. The merged Ingress therefore
// records each owner's [Fragment] in an annotation, slipway/routes.<owner>, and
// its rules are composed from those. [Recompose] puts the fragments of one run
// into the Ingress that is on the cluster: it replaces the fragments of the
// run's owners, keeps everybody else's, and keeps paths that were added by
// hand. Written back with the resource version that was read, it cannot lose a
// path in any interleaving; package apply does that.
//
// For an app with so many services that their annotations would come near what the API
// server allows, 256 KiB, all fragments are in one annotation, slipway/registry,
// compressed: there is room for some ten thousand routes.
//
// # Stripped prefixes
//
// A service may want not to see the path that leads to it. Traefik 1 was told so by
// PathPrefixStrip; the neutral way is [StripAnnotation], on common's Ingress for all
// services or on a service's for that one. [Merge] says it in the words of the
// controller that serves the class:
//
//   - Traefik 3: a Middleware with all prefixes, the longest first, that the Ingress names;
//   - ingress-nginx: paths as regular expressions, and rewrite-target;
//   - NGINX Inc, HAProxy, HAProxy Ingress, Kong, AWS ALB: their annotations;
//   - Contour and GCE have no way to say it in an Ingress, which is an error.
//
// Such annotations are for an Ingress as a whole. So what is stripped is in an Ingress of
// its own, derived from the app's and named like it and a hash. The app's has the
// fragments of all, so that two services cannot take one path, and the hosts alone if
// no path is its own. Where nothing can be stripped, as with a controller that is not
// known, the services see the whole path, which is a warning, or with Options.Strict an
// error. With ingress-nginx, the paths of a host that has an Ingress with rewrite-target
// are all regular expressions, those of other Ingresses too.
//
// # Gateway API
//
// With Options.Output, the routes become HTTPRoutes, attached to the Gateway that
// common names: in an HTTPRoute without rules, such as common/httproute.yml, whose
// parentRefs, hostnames, labels and annotations all then have, or by
// [ParentAnnotation]. Each service has its own, <app>.<service>, a member of its set
// as any object is, with a rule for each path and, where those are more than 16 or
// hosts differ in their paths, <app>.<service>.2 and so on. A prefix that is to be
// stripped is a URLRewrite filter, which not every Gateway supports. Paths that are
// ImplementationSpecific match whole elements, as Prefix does. What only an Ingress
// can say is a warning. HTTPRoutes that services write themselves stay as they are.
//
// A Gateway would serve the older of two HTTPRoutes with one path, and nobody would
// know. So package apply claims each path before it writes: the claims of a host in
// a namespace are a ConfigMap, see [Claims], in which the server itself refuses an
// entry that is another's. A route therefore has one owner, also where two would lead
// it to the same backend. With Options.TakeFrom a service takes over another one's claim,
// by one request; the Gateway goes over to it when the other one is deployed without the
// path. An HTTPRoute of another namespace, or one that was written by hand, has no claims.
//
// An Ingress that the app had before stays, so that traffic can go over step by step;
// delete it when it is not needed any more.
//
// # Pictures
//
// [NewMap] follows routes to ports and workloads, [Draw] draws the map for people and
// programs, and [Diff] tells two lists of routes apart.
//
// # Explain and lint
//
// [Explain] tells which route answers a URL by the Kubernetes specification, why the
// others do not, and which controllers do otherwise. [Lint] finds routes that conflict,
// hide each other, surprise or lead nowhere, with the sources of both sides.
package ingress
