// Package render makes objects from the templates of an app.
//
// # Templates
//
// Templates are Go's text/template with the pure functions of sprig, and toYaml,
// fromYaml, include and required as Helm has them; [Functions] lists all. What
// depends on the clock, the environment, randomness, the network or the order of
// a Go map is not there, so the same input gives the same objects.
//
// A value is there as a field, {{ .image_id }}, and as a bare name,
// {{ image_id }}, so what Ansible's users wrote renders as it stands. A bare name
// that is given no arguments is the value even where a function has the same
// name.
//
// A name that nobody set is an error, [*UnknownNameError], with file, line and
// column; so is an entry of what is no map. For what may be unset, ask first:
//
//	{{ if hasKey . "cpu" }}cpu: {{ cpu }}{{ end }}
//	replicas: {{ get . "replicas" | default 2 }}
//
// Templates that end in .j2, or all but those that end in .tmpl if Options.Dialect says
// so, are Jinja's, as Ansible has them; package render/jinja renders them. One that has
// nothing but values in it, by bare names, is the same in both dialects.
//
// # Values
//
// They come in layers: common/vars.yml, the service's vars.yml, that of the
// environment, overlays/<env>/vars.yml, the caller's. Maps merge, null deletes,
// everything else replaces; see [Values]. app_name and service_name come from the
// layout. What else an environment says is for package render/overlay; what a command
// line says, and schemas of values, for package render/values.
//
// # Objects
//
// [App] returns them in a fixed order. Each has the label slipway/set, which says
// whose it is, and the annotation slipway/source, the line of the template that
// it comes from; with Options.Lines, the lines of its fields, too. Package render/schema
// validates them.
//
// A problem in the text, such as a YAML error, is reported at the template's line and
// column too, not at those of what was rendered; [Error.Excerpt] shows the line and where
// the values were set that it is about, through whatever variables, loops, templates and
// other values they came. To find that out, a template that goes wrong is rendered again.
// All of its names that are not set are told at once, as far as it is known that it comes
// to them.
//
// [Each] yields objects one by one, for trees that are larger than memory.
//
// # What is refused
//
// A value stays within the scalar that it is printed in. One that changes the shape of
// the document, such as a text with a line break and a key, is an error, unless the
// template says that it knows: by quote, squote, toJson, toYaml, indent, nindent or
// include, or by a literal of its own, as in {{ printf "a: %s" b }}. A template of Jinja
// says so by to_json, to_yaml, indent and the like, by a macro or a literal; there, it is
// the caller's values that are watched, since the texts in a vars.yml are templates
// themselves.
//
// Where a string is wanted, what YAML reads as something else is an error: NO, on, 0755,
// 80, and 1:30, a number in YAML 1.1. Those are labels, annotations, the data of a
// ConfigMap or Secret, and in Kubernetes' own kinds env, args, selectors, names and the
// like. So is what is left of a template: <no value>, and {{ }} that a value brings.
// ConfigMaps, Secrets, annotations and kinds of others may hold templates for other
// programs.
//
// A file without an object is an error, and so is a Deployment in service.yml. Keys are
// what is written: y and on are not "true". Files are UTF-8.
//
// # Bounds
//
// Templates are programs, and those of other people. One is stopped with an error
// when its output or a value that it makes has more than 8 MiB, when its functions make
// more than 96 MiB in all, or take more than about half a second by what they are given,
// when it takes a million steps, or calls itself without end; so is every one when ctx
// ends. Regular expressions are counted character by character. What the aliases of a YAML
// document stand for is bounded at 8 MiB. fromYaml, fromJson and toYaml take 1 MiB at
// most, which counts many times as made: so much memory its parts need. Values are copied
// for each template: none can change what another sees.
package render
