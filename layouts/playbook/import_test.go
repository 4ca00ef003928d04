package playbook_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway-go/slipway/layouts"
	"github.com/slipway-go/slipway/layouts/playbook"
)

// project returns the files of a txtar archive.
func project(text string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// archive returns the plan's files as a txtar archive.
func archive(plan *playbook.Plan) string {
	a := &txtar.Archive{}
	for _, f := range plan.Files {
		a.Files = append(a.Files, txtar.File{Name: f.Path, Data: f.Data})
	}
	return string(txtar.Format(a))
}

// load loads the apps of the plan as layouts.
func load(t *testing.T, plan *playbook.Plan) {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range plan.Files {
		fsys[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	for _, d := range plan.Deploys {
		if _, err := layouts.Load(fsys, d.App); err != nil && !errors.Is(err, layouts.ErrNoServices) {
			t.Errorf("Load(%s) of the plan: %v", d.App, err)
		}
	}
}

// Playbooks of the shapes that teams have, and the layouts that they imply.
func TestImport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, project, want string
		deploys, left       []string
	}{{
		name: "the service and the app are what the caller says",
		project: `
-- site.yml --
- hosts: localhost
  user: ubuntu
  tasks:
  - name: Deploy the service
    k8s:
      state: present
      definition: "{{ lookup('template', 'k8s/{{app_name}}/{{service_name}}/deployment.yml') | from_yaml }}"
      namespace: default
  - k8s:
      definition: "{{ lookup('template', 'k8s/' + app_name + '/common/ingress.yml') | from_yaml }}"
      namespace: default
-- k8s/shop/home/deployment.yml --
name: {{ service_name }}
image: "{{ image_id }}"
-- k8s/shop/home/README.md --
-- k8s/shop/kids/deployment.yml --
name: {{ service_name }}
{% if debug %}
debug: true
{% endif %}
-- k8s/shop/common/ingress.yml --
name: {{ app_name }}
-- k8s/shop/common/deployment.yml --
not a service's
`,
		want: `
-- shop/common/ingress.yml --
name: {{ app_name }}
-- shop/home/deployment.yml --
name: {{ service_name }}
image: "{{ image_id }}"
-- shop/kids/deployment.yml.j2 --
name: {{ service_name }}
{% if debug %}
debug: true
{% endif %}
`,
		deploys: []string{"slipway deploy --root k8s --app shop --service … -n default --set debug=… --set image_id=…"},
	}, {
		name: "a role is a service; defaults are hidden by what is stronger",
		project: `
-- shop.yml --
- hosts: localhost
  vars:
    registry: registry.example.com   # of all
  roles:
  - role: home
    replicas: 3
-- group_vars/all.yml --
# where it runs
cluster: {zone: a}
registry: hidden
-- roles/home/defaults/main.yml --
---
# how many
replicas: 1
port: 8080
cluster: {zone: b}
labels:
  # kept
  team: "a"
image: "{{ registry }}/home"
-- roles/home/vars/main.yml --
probe: /health
-- roles/home/tasks/main.yml --
- kubernetes.core.k8s:
    definition: "{{ lookup('template', 'deployment.yml.j2') | from_yaml }}"
    wait: yes
    wait_timeout: 300
- community.kubernetes.k8s:
    template: service.j2
-- roles/home/templates/deployment.yml.j2 --
image: {{ image }}
-- roles/home/templates/service.j2 --
port: {{ port }}
`,
		want: `
-- shop/common/vars.yml --
# group_vars/all.yml
cluster: {zone: a}
# shop.yml
registry: registry.example.com   # of all
-- shop/home/deployment.yml.j2 --
image: {{ image }}
-- shop/home/service.yml --
port: {{ port }}
-- shop/home/vars.yml --
# shop.yml
replicas: 3
# roles/home/defaults/main.yml
port: 8080
labels:
  # kept
  team: "a"
image: "{{ registry }}/home"
# roles/home/vars/main.yml
probe: /health
`,
		deploys: []string{"slipway deploy --root k8s --app shop --all --timeout 300s"},
	}, {
		name: "loops over services, over files, and over a glob",
		project: `
-- shop.yml --
- hosts: localhost
  vars:
    services: [home, kids]
    parts: [{name: cart, port: 1}]
  tasks:
  - k8s: {definition: "{{ lookup('template', 'svc/{{ item }}/app.yml') }}"}
    loop: "{{ services }}"
  - include_tasks: part.yml
    loop: "{{ parts }}"
    loop_control: {loop_var: part}
  - k8s: {definition: "{{ lookup('template', item) | from_yaml_all | list }}", namespace: web}
    with_items: [a.yml.j2, b.yml.j2]
  - k8s: {src: "{{ item }}"}
    with_fileglob: ["static/*.yaml"]
  - k8s: {definition: "{{ item }}"}
    loop: "{{ lookup('template', 'many.yml') | from_yaml_all | list }}"
  - k8s: {template: "{{ item }}"}
    loop: "{{ query('fileglob', 'more/*.yml') }}"
-- part.yml --
- k8s: {template: part.yml.j2}
-- svc/home/app.yml --
h: 1
-- svc/kids/app.yml --
k: 1
-- templates/part.yml.j2 --
port: {{ part.port }}
-- templates/a.yml.j2 --
a: 1
-- b.yml.j2 --
b: {{ b | default(1) }}
-- files/static/c.yaml --
c: 1
-- more/d.yml --
d: 1
-- many.yml --
e: 1
---
f: 1
`,
		want: `
-- shop/cart/part.yml --
port: {{ part.port }}
-- shop/cart/vars.yml --
# shop.yml
part:
  name: cart
  port: 1
-- shop/common/vars.yml --
# shop.yml
services: [home, kids]
parts: [{name: cart, port: 1}]
-- shop/home/app.yml --
h: 1
-- shop/home/vars.yml --
# shop.yml
item: home
-- shop/kids/app.yml --
k: 1
-- shop/kids/vars.yml --
# shop.yml
item: kids
-- shop/shop/a.yml --
a: 1
-- shop/shop/b.yml.j2 --
b: {{ b | default(1) }}
-- shop/shop/c.yaml --
c: 1
-- shop/shop/d.yml --
d: 1
-- shop/shop/many.yml --
e: 1
---
f: 1
`,
		deploys: []string{"slipway deploy --root k8s --app shop --all -n web"},
	}, {
		name: "paths from the role and the playbook, dependencies, dictionaries",
		project: `
-- books/shop.yml --
- import_playbook: other.yml
- hosts: localhost
  vars_files:
  - [gone.yml, ../vars/secret.yml]
  # group_vars of others are not read
  roles: [example.shop.web]
-- group_vars/others.yml --
other: 1
-- inventory/group_vars/all.yml --
some: hidden
-- host_vars/one.yml --
mine: 1
-- books/other.yml --
- hosts: [one, two]
  pre_tasks:
  - block:
    - k8s: {template: "{{ playbook_dir }}/../svc/{{ item.key }}.yml"}
      with_dict: "{{ sizes }}"
    - k8s: {template: ../svc/all.yml}
      loop: "{{ sizes | dict2items }}"
  tasks:
  - k8s: {src: "{{ item }}"}
    with_items: ["{{ some }}", ../svc/c.yml]
-- group_vars/all/a.yml --
sizes: {cart: 1, pay: 2}
-- group_vars/all/b.yml --
some: [../svc/b.yml]
-- vars/secret.yml --
token: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6162
plain: &p [1]
again: *p
-- svc/cart.yml --
a: cart
-- svc/pay.yml --
a: pay
-- svc/all.yml --
size: {{ name }}
-- svc/b.yml --
b: 1
-- svc/c.yml --
c: 1
-- roles/web/meta/main.yml --
dependencies: [{role: db, size: 5}]
-- roles/web/tasks/main.yml --
- include_tasks: {file: more.yml}
-- roles/web/tasks/more.yml --
- k8s: {definition: "{{ lookup('ansible.builtin.template', role_path + '/templates/' ~ part ~ '.yml') }}"}
  vars: {part: a}
-- roles/web/templates/a.yml --
token: {{ token }}
-- roles/db/tasks/main.yml --
- k8s:
  args: {template: db.yml}
-- roles/db/templates/db.yml --
size: {{ size }}
`,
		want: `
-- other/cart/all.yml --
size: {{ name }}
-- other/cart/vars.yml --
# books/other.yml
item:
  key: cart
  value: 1
-- other/common/vars.yml --
# group_vars/all/b.yml
some: [../svc/b.yml]
# group_vars/all/a.yml
sizes: {cart: 1, pay: 2}
# host_vars/one.yml
mine: 1
-- other/other/b.yml --
b: 1
-- other/other/c.yml --
c: 1
-- other/other/cart.yml --
a: cart
-- other/other/pay.yml --
a: pay
-- other/pay/all.yml --
size: {{ name }}
-- other/pay/vars.yml --
# books/other.yml
item:
  key: pay
  value: 2
-- shop/common/vars.yml --
# group_vars/all/b.yml
some: [../svc/b.yml]
# group_vars/all/a.yml
sizes: {cart: 1, pay: 2}
# vars/secret.yml
token: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6162
plain: &p [1]
again:
  - 1
-- shop/db/db.yml --
size: {{ size }}
-- shop/db/vars.yml --
# roles/web/meta/main.yml
size: 5
-- shop/web/a.yml --
token: {{ token }}
-- shop/web/vars.yml --
# roles/web/tasks/more.yml
part: a
`,
		deploys: []string{
			"slipway deploy --root k8s --app other --all --set name=…", "slipway deploy --root k8s --app shop --all",
		},
		left: []string{"books/other.yml:1: hosts one, two: the deploy runs where slipway is started, not on a host of an inventory: give it a kubeconfig of the cluster"},
	}, {
		name: "names of files say the service; what Go prints otherwise is for Jinja",
		project: `
-- shop.yml --
- hosts: localhost
  vars: {on: true, limits: {cpu: 2}, where: web, target: "{{ where }}"}
  tasks:
  - k8s: {template: "{{ app }}/templates/{{ svc }}-a.yml", state: "{{ state | default('present') }}", namespace: "{{ target }}"}
-- red_shop/templates/home-a.yml --
cpu: {{ limits.cpu }} {{ svc }}
-- red_shop/templates/kids-a.yml --
on: "{{ on }}"
`,
		want: `
-- red-shop/common/vars.yml --
# shop.yml
"on": true
limits:
  cpu: 2
where: web
target: '{{ where }}'
app: red_shop
-- red-shop/home/home-a.yml --
cpu: {{ limits.cpu }} {{ svc }}
-- red-shop/home/vars.yml --
# shop.yml
svc: home
-- red-shop/kids/kids-a.yml.j2 --
on: "{{ on }}"
-- red-shop/kids/vars.yml --
# shop.yml
svc: kids
`,
		deploys: []string{"slipway deploy --root k8s --app red-shop --service … -n web"},
	}, {
		name: "what the playbook has inline",
		project: `
-- shop.yml --
- hosts: localhost
  vars: {app_name: Web_Shop}
  tasks:
  - k8s:
      definition:
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: "{{ app_name }}-cfg"   # named
        data:
          n: "{{ count }}"
  - k8s:
      resource_definition:
      - apiVersion: v1
        kind: Service
        spec: {ports: [{port: 80}]}
      - {apiVersion: v1, kind: Secret}
  - k8s:
      inline: |
        kind: Pod
        spec: {{ spec | to_json }}
  - k8s: {kind: Namespace, name: "{{ app_name }}", state: present}
  - k8s: state=present kind=ServiceAccount name=home namespace='web'
`,
		want: `
-- web-shop/web-shop/configmap.yml.j2 --
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ app_name }}-cfg"   # named
data:
  n: {{ (count) | to_json }}
-- web-shop/web-shop/namespace.yml.j2 --
apiVersion: v1
kind: Namespace
metadata:
  name: '{{ app_name }}'
-- web-shop/web-shop/pod.yml.j2 --
kind: Pod
spec: {{ spec | to_json }}
-- web-shop/web-shop/secret.yml --
apiVersion: v1
kind: Secret
-- web-shop/web-shop/service.yml --
apiVersion: v1
kind: Service
spec: {ports: [{port: 80}]}
-- web-shop/web-shop/serviceaccount.yml --
apiVersion: v1
kind: ServiceAccount
metadata:
  name: home
`,
		deploys: []string{"slipway deploy --root k8s --app web-shop --all -n web --set count=… --set spec=…"},
		left:    []string{"shop.yml:2: app_name: the layout says it: it is web-shop: use another variable for the other name"},
	}, {
		name: "what cannot be carried over, line by line",
		project: `
-- shop.yml --
- hosts: masters
  vars_prompt: [{name: x}]
  vars_files:
  - "vars/{{ env }}.yml"
  - nowhere.yml
  - secret.yml
  tasks:
  - set_fact: {a: 1}
  - debug: {msg: hello}
  - k8s_info: {kind: Pod}
    register: pods
  - name: one
    k8s:
      template: {path: a.yml, lstrip_blocks: true}
      api_key: s3cret-s3cret
      force: yes
      namespace: "{{ ns }}"
      name: fallback
    when: pods.resources
    register: out
  - k8s: {state: absent, src: a.yml}
  - k8s: {state: "{{ state }}", template: a.yml, namespace: web}
  - k8s: {template: a.yml, namespace: "{{ where | default('web') }}"}
  - k8s: {src: c.yml, namespace: db}
  - k8s: {src: "https://example.com/x.yml"}
  - k8s: {definition: "{{ lookup('url', 'x') }}"}
  - k8s: {definition: "{{ objects }}"}
  - k8s: {definition: "{{ lookup('template', 'missing.yml') }}"}
  - k8s: {definition: "{{ lookup('template', name | hash) }}"}
  - k8s: {template: "{{ item }}"}
    loop: "{{ unknown }}"
  - k8s: {template: a.yml}
    with_nested: [[a], [b]]
  - k8s: {template: "envs/{{ env }}/d.yml"}
  - include_role: {name: gone}
  - include_tasks: "{{ what }}.yml"
  - block:
    - shell: kubectl apply -f x.yml
    rescue:
    - debug:
-- secret.yml --
$ANSIBLE_VAULT;1.1;AES256
3133
-- a.yml --
{% include 'part.yml' %}
-- c.yml --
c: "{{ raw }}"
-- envs/prod/d.yml --
d: 1
`,
		want: `
-- shop/shop/a.yml.j2 --
{% include 'part.yml' %}
-- shop/shop/c.yml --
c: "{{ raw }}"
-- shop/shop/vars.yml --
# shop.yml
a: 1
`,
		deploys: []string{"slipway deploy --root k8s --app shop --all -n web --set raw=…"},
		left: []string{
			"a.yml:1: include part.yml: no such file in ., templates: put it into files/ of the service, by that name",
			"secret.yml:1: a vault: what is in it cannot be told apart from other values: copy it as vars.yml of the service or of common/, if there is none, or pass them with -e",
			"shop.yml:1: hosts masters: the deploy runs where slipway is started, not on a host of an inventory: give it a kubeconfig of the cluster",
			"shop.yml:2: vars_prompt: nobody is there to ask in a pipeline: pass the values with -e",
			"shop.yml:4: vars_files vars/{{ env }}.yml: its name depends on what the caller passes: make each such file the vars.yml of an environment: overlays/<env>/vars.yml, for --env",
			"shop.yml:5: vars_files nowhere.yml: there is no such file",
			"shop.yml:10: k8s_info: it reads the cluster: slipway waits for rollouts itself; keep what else it is for in the pipeline",
			"shop.yml:14: lstrip_blocks: templates are rendered as Ansible renders them by default: say it on the template's first line, after #jinja2:",
			"shop.yml:15: api_key: the kubeconfig says how to reach the cluster, and as whom: write it there; slipway deploy has --kubeconfig and --context",
			"shop.yml:16: force: objects are applied, never replaced: deploy once with --adopt, to take over the fields",
			"shop.yml:17: namespace: it depends on a variable: pass -n, or write metadata.namespace into the templates",
			"shop.yml:18: name: the module adds it where an object has none: write it into a.yml",
			"shop.yml:19: when: it depends on what is known only while the playbook runs: a.yml is carried over whether it holds or not: wrap it in {% if … %}, or take the file out",
			"shop.yml:20: register: no task comes after a deploy: read slipway's exit status",
			"shop.yml:21: state absent: a layout says what there is: objects that no template makes any more are pruned; slipway remove takes a whole service off",
			"shop.yml:22: state {{ state }}: only present can be carried over for certain: take the file out, if the object is to be absent",
			"shop.yml:24: namespace db: one deploy has one namespace for what names none, web: write metadata.namespace into the template",
			"shop.yml:24: src c.yml: Ansible does not render it, and it has braces, which mean something here: put {% raw %} and {% endraw %} around it",
			"shop.yml:25: src: nothing is downloaded: put the file into the service's directory",
			"shop.yml:26: definition: a look-up of url is not known before it runs: put the objects into a template of the service",
			"shop.yml:27: definition: the expression is not understood: it is no look-up of a template: put the objects into a template of the service",
			"shop.yml:28: definition: no such file in templates, files, .: put the template into the service's directory",
			"shop.yml:29: definition: the filter hash is not understood: put the template into the service's directory",
			"shop.yml:30: template: it names an item of a loop that is not known here: write the list into the variables, and import again",
			"shop.yml:33: with_nested: this way to loop is not understood: make it a loop over a list",
			"shop.yml:34: template envs/prod/d.yml: it depends on the environment env: make what differs a patch or a vars.yml in overlays/prod",
			"shop.yml:35: role gone: there is no such directory in the project: take it into roles/, if it deploys to Kubernetes, and import again",
			"shop.yml:36: include_tasks {{ what }}.yml: its name depends on what the caller passes: name the file, and import again",
			"shop.yml:38: shell: slipway runs no commands: keep it in the pipeline; an object that it applies belongs into a template",
			"shop.yml:39: rescue: a failed deploy is undone, and the pods that served before go on",
		},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name := "shop.yml"
			for _, other := range []string{"site.yml", "books/shop.yml"} {
				if strings.Contains(tt.project, "-- "+other+" --") {
					name = other
				}
			}
			plan, err := playbook.Import(project(tt.project), name, playbook.Options{})
			if err != nil {
				t.Fatalf("Import(%s) error = %v, want nil", name, err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), archive(plan)); diff != "" {
				t.Errorf("Import(%s) files mismatch (-want +got):\n%s", name, diff)
			}
			var deploys, left []string
			for _, d := range plan.Deploys {
				deploys = append(deploys, d.Command("k8s"))
			}
			for _, l := range plan.Left {
				left = append(left, l.String())
			}
			if diff := cmp.Diff(tt.deploys, deploys); diff != "" {
				t.Errorf("Import(%s) deploys mismatch (-want +got):\n%s", name, diff)
			}
			if diff := cmp.Diff(tt.left, left); diff != "" {
				t.Errorf("Import(%s) leftovers mismatch (-want +got):\n%s", name, diff)
			}
			load(t, plan)
			checkDirect(t, project(tt.project), plan)
		})
	}
}
