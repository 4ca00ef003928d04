// Package jinja renders Ansible's dialect of Jinja2, so that the templates of
// Kubernetes objects that teams wrote for Ansible render as they stand.
//
// The yardstick is ansible-core 2.14 with its defaults: trim_blocks on, lstrip_blocks
// off, the newlines at the end kept, the #jinja2: line obeyed; values printed as
// Python prints them; Ansible's filters, tests and lookups.
//
// # Variables
//
// [Vars] come in layers. Strings in files of variables are templates themselves; each
// is rendered when it is first needed, and one that needs itself is an error. What the
// caller passes is data.
//
// A name that nobody set is an error with its place, except under default, "is
// defined", and attributes of it below them.
//
// # What differs from Ansible
//
// Nothing depends on the clock, randomness, the machine, the network or the
// environment: now, random, shuffle, password_hash, expanduser and lookups such as
// pipe and url are not there, and lookup('env') sees only what the caller allows. The
// name of a function is no value: where nobody set a variable namespace, {{ namespace }}
// is an error, not the text <class 'jinja2.utils.Namespace'>. Integers have 64 bits.
// Equal objects are written out by to_yaml, not as anchors and aliases.
//
// # Bounds
//
// A run ends with an error when its output or one value has more than 8 MiB, all that
// it makes more than 256 MiB, when it takes two million steps, or nests too deeply; and
// when ctx ends.
package jinja
