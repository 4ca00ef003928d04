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
// column. For what may be unset, ask first:
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
// layout. What else an environment says is for package render/overlay.
//
// # Objects
//
// [App] returns them in a fixed order. Each has the label slipway/set, which says
// whose it is, and the annotation slipway/source, the line of the template that
// it comes from; with Options.Lines, the lines of its fields, too. Package render/schema
// validates them.
//
// A problem in the text, such as a YAML error, is reported at the
// template's line too, not at the line of what was rendered.
//
// # Bounds
//
// Templates are programs, and those of other people. One is stopped with an error
// when its output or a value that it makes has more than 8 MiB, its functions make
// more than 256 MiB in all, it takes two million steps, or it calls itself without
// end; so is every one when ctx ends. What YAML aliases stand for is bounded at 32
// MiB. Values are copied for each template: none can change what another sees.
package render
