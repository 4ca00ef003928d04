// Package playbook makes the directory layout of package layouts from an Ansible playbook
// that deploys to Kubernetes.
//
//	k8s:
//	  state: present
//	  namespace: default
//	  definition: "{{ lookup('template', 'k8s/{{app_name}}/{{service_name}}/deployment.yml') | from_yaml }}"
//
// [Import] reads the playbook, its roles, the tasks that it includes and its variables, and
// returns a [Plan]: the files of the layout, what slipway deploy is to be told, and, line by
// line, what could not be carried over, why, and what to do about it. Nothing is run and
// nothing is written.
//
// [Plan.FS] is the layout without writing it, for slipway.Deployer. It deploys the same
// objects as the layout that is written. Errors, and the sources of objects, name the
// project's files, with line and column; the column is not known of what the playbook has in
// braces, or as kind and name alone. [Plan.Choose] and [Deploy.Service] find out what the
// variables mean that ansible-playbook's caller passes.
//
// # What is carried over
//
// Tasks of kubernetes.core.k8s and of its older names: definition, resource_definition and
// inline with a look-up of a template or file, as text or as YAML in the playbook; template;
// src; kind and name alone. namespace, kubeconfig, context and wait_timeout become what
// slipway deploy is told. Roles, import and include of tasks, roles and playbooks, blocks, and
// loops over what the variables hold are followed.
//
// Templates are carried over byte for byte. One that uses Jinja beyond plain variables, or a
// variable that Go would print otherwise, such as a template or true, is named *.j2, for the
// Jinja dialect; a plain one renders as a Go template. What the playbook has inline
// becomes a file of its own, with {{ … | to_json }} where an expression is all of a value,
// since that keeps its type in a playbook.
//
// What templates take in by a literal name, with include, import, lookup('template') or
// lookup('file'), is carried over, too, and what that takes in: into files/ of the service, or
// of common/, if several services take in the same. What has a computed name, or is outside
// of the project, is left.
//
// # Where it goes
//
// A path with variables that the playbook does not set, such as the one above, stands for
// all files that fit. Its directories say app and service: a variable called app, app_name,
// project and the like is the app, another one the service; so is one called service,
// service_name and the like in a file's name. Otherwise the service is what a loop goes
// over, or the role, and the app is Options.App, or the value of app_name, or the
// playbook's name.
//
// A template that makes nothing but an Ingress with a name of its own goes into common/, where
// the app's Ingress is. More than one of an app are left.
//
// # Variables
//
// Role defaults, group_vars, host_vars, vars, vars_files, role vars and parameters become
// vars.yml of the service or of common/, as text, comments included, by Ansible's
// precedence: a value that another one hides is left out. A loop over texts, or over maps
// with a name, makes each of them a service, with values of its own; so do tasks, roles and
// included tasks with a variable such as service_name. set_fact and include_vars are
// variables for what comes after, unless their values are known only while a playbook runs.
//
// # Copies
//
// A service has one value of each variable. Where a loop over something else, or several
// tasks, make objects of one template with others, the template goes into files/, and in its
// place is one that sets the values and includes it. Whoever maintains the layout adds an item
// to the list, in vars.yml or in the template itself:
//
//	{# shop.yml:12 #}
//	{% for item in volumes %}
//	---
//	{% include 'files/volume.yml.j2' %}
//
//	{% endfor %}
//
// So it is with when: the template of such a task is within {% if … %}, by the conditions of
// its block, role and includes as well. One that depends on what is known only while a playbook
// runs, a registered variable or a fact, is left. A loop over what a filter makes, or over what
// the caller passes, is Jinja's.
//
// Of two tasks with other vars, each has such a template, volume-1.yml.j2 and
// volume-2.yml.j2, with {% set size = '5Gi' %} in it. Variables whose values name one that is
// set so are set there as well, since those of vars.yml do not see it. What cannot be written
// as such a line, as a vault's text, is left.
//
// A key that is in a map twice is left over, and the last one counts, as in Ansible.
package playbook
