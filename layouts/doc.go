// Package layouts reads the directory layout of an app: its services, each a
// directory of templates, and what they have in common.
//
//	shoppingapp/                    an app
//	  common/
//	    ingress.yml                 rendered once per app, as every template here
//	    vars.yml                    values of all services
//	    each/deployment.yml         rendered for each service without such a file
//	    _names.tmpl                 a partial: named templates for all of the app
//	  shoppingapp-home/             a service
//	    deployment.yml              its templates
//	    files/app.conf              what they take in: lookup('file', 'app.conf')
//	    vars.yml                    its values
//	  overlays/prod/                an environment
//
// [Load] takes any [fs.FS]: os.DirFS, [os.Root], embed.FS, a test's MapFS. It
// reads files and interprets none; package render does.
//
// # Names
//
// Apps and services are DNS-1123 labels, as Kubernetes has them; common, each and
// overlays are reserved. Templates end in .yml, .yaml, .json, .j2 or .tmpl. A
// template whose name begins with "_" is a partial: it defines named templates
// and makes no object. Neither does what is below files/ of a service or of common/,
// which is for include and lookup in templates of Jinja. vars.yml, or vars.yaml,
// holds values, and vars.schema.json a JSON Schema of them. Names that begin with
// a dot are ignored, and so are files with other endings, as README.md.
//
// # What is refused
//
// A directory below a service or common other than files/, since it would look deployed and not be;
// a directory that holds neither template nor values; a template beside the
// services rather than in one; anything that is not a file or directory; symbolic
// links that leave the root or lead in a circle; templates over 8 MiB and
// other files over 1 MiB; more than 100,000 files, or 64 MiB of them. All problems
// of a tree are reported at once.
package layouts
