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
// project's files: of templates, line and column; of what the playbook has inline, and of
// variables, the line. [Plan.Choose] and [Deploy.Service] find out what the variables mean
// that ansible-playbook's caller passes.
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
// # Where it goes
//
// A path with variables that the playbook does not set, such as the one above, stands for
// all files that fit. Its directories say app and service: a variable called app, app_name,
// project and the like is the app, another one the service; so is one called service,
// service_name and the like in a file's name. Otherwise the service is what a loop goes
// over, or the role, and the app is Options.App, or the value of app_name, or the
// playbook's name.
//
// # Variables
//
// Role defaults, group_vars, host_vars, vars, vars_files, role vars and parameters become
// vars.yml of the service or of common/, as text, comments included, by Ansible's
// precedence: a value that another one hides is left out. A service has one value of each:
// where a loop, or several tasks, make objects of one template with others, those are left
// over. A loop over maps with a name makes each of them a service, with values of its own.
package playbook
