// Package slipway deploys services to Kubernetes from the directory layout that
// teams used with Ansible: k8s/<app>/<service>/ beside k8s/<app>/common/.
//
// A [Deployer] takes the four steps in order, each of which is a package of its
// own and works without the others:
//
//	layouts.Load  →  render.App  →  ingress.Merge  →  apply.Applier
//	fs.FS → App      objects        objects           the cluster
//
// The first three are pure: the same input gives the same bytes. Only package
// apply meets a cluster. A tool may stop after any step, look at the objects,
// change them, and go on. With [Deployer].Environment, package render/overlay changes
// the objects between the second and the third. [Deployer.Validate], which is package
// render/schema, checks them without a cluster.
//
// # Layout
//
//	k8s/shoppingapp/common/ingress.yml              host, class, TLS: the app's
//	k8s/shoppingapp/common/vars.yml                 values of all services
//	k8s/shoppingapp/common/each/deployment.yml      for each service without its own
//	k8s/shoppingapp/shoppingapp-home/ingress.yml    the service's paths
//	k8s/shoppingapp/shoppingapp-home/vars.yml       its values
//	k8s/shoppingapp/overlays/prod/                  an environment
//
// A tree made for Ansible, with deployment.yml and service.yml in each service
// and all paths in common/ingress.yml, deploys as it stands, removed API versions
// included. Package layouts has the rules.
//
// # Deploying
//
// [Deployer.Deploy] renders the chosen services, puts their paths into the app's
// one Ingress beside those of all others, applies what differs from the cluster,
// waits for the rollouts, and publishes the routes once pods answer. A hundred
// pipelines may do so at once, each from a checkout that knows only some of the
// services: no path is lost. A deploy that changes nothing writes nothing. A run
// that was killed is finished by the next.
//
// [Deployer.Plan] says beforehand what would be done. [Deployer.History] and
// [Deployer.Rollback] go back to one of a service's last revisions, and
// [Deployer.Remove] takes a service off the cluster. A path moves from one service to
// another by Deployer.TakeFrom, without a moment in which it is missing.
//
// [Deployer.Status] tells what is deployed, and how it is; [Deployer.Diagnose] what stands
// in the way of a deploy. Package report makes of the events of a run what people, CI
// systems and programs read. [Deployer.NewService] makes the files of a new service.
//
// [Deployer].Policy, which is package apply/policy, says what the trees of others may deploy.
//
// # Errors
//
// [ClassOf] says of an error who is to act: whoever wrote the template, whoever gives
// rights, or nobody but time.
//
// Errors name the template's file and line, the object, and the way out. Those
// of several files or objects come together. Each package says which types to
// match with [errors.As].
package slipway
