// Package jinja renders Ansible's dialect of Jinja2, so that the templates of
// Kubernetes objects that teams wrote for Ansible render as they stand. [New] is for
// render.Options.Jinja:
//
//	opts.Jinja = jinja.New(jinja.Options{FS: root})
//
// The yardstick is ansible-core 2.14 with its defaults: trim_blocks on, lstrip_blocks
// off, the newlines at the end kept, the #jinja2: line obeyed; values printed as
// Python prints them, 1.10 as 1.1 and true as True; maps in the order of the file; the
// filters, tests, lookups, globals and methods that templates of Kubernetes objects use;
// extends and blocks; YAML written as libyaml writes it, with which Ansible comes.
//
// # Values
//
// They are those of package render, in its layers. Strings in files of values may be
// templates; each is rendered when it is first needed, and one that needs itself is an
// error that tells the way round. What the caller passes is data, and so is what is
// tagged !unsafe or was encrypted. vars['name'] is a value by its name.
//
// A name that nobody set is an error with its place, except under default, "is
// defined", and for attributes of it below them. All names of a template that are not set
// are told together, as far as the template goes on without them.
//
// A text such as "false" is true in a condition, as in Ansible, where -e flag=false gives
// one; Options.Warn is told.
//
// # Files
//
// lookup('file'), lookup('template'), include, import and extends look into the directory
// of the template that is rendered, then into those above it, and there into files/ or
// templates/ first, then into the directory itself, files/ and common/files/; at last they
// look beside the file that asks; see [Places]. None leads out of Options.FS. In a layout, put
// what is included into files/ of the service or of common/, or name it with "_" at the front,
// so that it makes no object itself.
//
// # What differs from Ansible
//
//   - Nothing depends on the clock, randomness, the machine, the network or the
//     environment: now, lipsum, random, shuffle, password_hash, strftime, to_datetime,
//     realpath, expanduser, expandvars, fileglob, vault and unvault, tests of files such as
//     exists, and lookups such as pipe, url, password, config, fileglob and first_found are
//     not there; lookup('env') sees only what the caller allows; relpath takes two paths that
//     are absolute, or two that are not.
//   - What is for HTML, for Windows or for other files is not there: urlize, xmlattr,
//     win_basename and the like, lookups ini and csvfile. Neither is rekey_on_member, nor
//     version_type='pep440'.
//   - The name of a function is no value: where nobody set a variable namespace,
//     {{ namespace }} is an error, not the text <class 'jinja2.utils.Namespace'>.
//   - vars['name'] has the templates in it rendered.
//   - Integers have 64 bits; more is an error. Complex numbers are one, too. ** and log may
//     differ in the last digit.
//   - Sets come in the order of their items: union, difference and the like have none in
//     Python if both are texts or tuples. Keys and items of dicts have no -, & and |.
//   - type_debug says str of all texts, AnsibleUnicode and NativeJinjaText included, and of
//     bytes: encode gives a text. pprint writes one line.
//   - A #jinja2: line with a setting that is none is an error; line_statement_prefix,
//     line_comment_prefix and newline_sequence are not there.
//   - A name that is set further down is, in loops and macros before that, the variable of
//     that name; Jinja says that it is not set.
//   - The tags !!binary, !!set and !!omap of YAML are errors.
//   - Two places with the same list or map are written out by to_yaml, not as an anchor and
//     an alias.
//   - Expressions print what they are worth at their place in the text; Ansible prints a list
//     that is changed further down as it is at the end.
//   - json_query, ipaddr and other filters of collections are not there: such a name is
//     an error with its place.
//
// # Bounds
//
// A run ends with an error when its output or one value has more than 8 MiB, all that
// it makes more than 96 MiB, when it takes a million steps, what long texts take counted,
// or five million of regular expressions, when it nests too deeply, has more than 200,000
// words and signs in its tags, or when ctx ends. A text that from_yaml or from_json takes
// has 1 MiB at most, and counts many times its length as made: so much memory its parts need.
package jinja
