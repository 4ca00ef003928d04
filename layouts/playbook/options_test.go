package playbook_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-go/slipway/layouts/playbook"
)

// Options and keywords, wherever they stand, are carried over or told.
func TestImportOptions(t *testing.T) {
	t.Parallel()
	const (
		play    = "-- shop.yml --\n- hosts: localhost\n"
		cluster = ": the kubeconfig says how to reach the cluster, and as whom: write it there; slipway deploy has " +
			"--kubeconfig and --context"
		elsewhere = ": the deploy runs where slipway is started, not on a host of an inventory: give it a kubeconfig of " +
			"the cluster"
	)
	a := "-- a.yml --\n" + object("a")
	tests := []struct{ name, project, objects, command, left string }{{
		"module defaults of the play, the block and the task",
		play + "  module_defaults:\n    group/kubernetes.core.k8s: {namespace: g, context: c}\n    k8s: {namespace: web, host: h}\n  tasks:\n" +
			"  - block:\n    - {k8s: {template: a.yml}, module_defaults: {k8s: {wait_timeout: 7}, copy: {x: 1}}}\n" +
			"    module_defaults: {kubernetes.core.k8s: {kubeconfig: k}}\n" + a,
		"a", "-n web --kubeconfig k --context c --timeout 7s", "shop.yml:4: host" + cluster,
	}, {
		"the environment of the play, the block and the task",
		play + "  environment: {K8S_AUTH_CONTEXT: c, KUBECONFIG: hidden}\n  tasks:\n  - block:\n    - k8s: {template: a.yml}\n" +
			"      environment:\n      - {K8S_AUTH_HOST: h}\n      - {PROXY: x}\n    environment: {K8S_AUTH_KUBECONFIG: k}\n" + a,
		"a", "--kubeconfig k --context c", "shop.yml:7: K8S_AUTH_HOST" + cluster + "\nshop.yml:8: environment PROXY: " +
			"templates do not see the environment: pass what they look up with --lookup-env",
	}, {
		"an option of the task is stronger",
		play + "  module_defaults: {k8s: {namespace: web, template: b.yml}}\n  tasks:\n  - k8s: {template: a.yml, namespace: own}\n" + a,
		"a", "-n own", "",
	}, {
		"action and local_action",
		play + "  tasks:\n  - action: k8s template=a.yml namespace=\"w\"\n  - local_action: {module: kubernetes.core.k8s, template: b.yml}\n" +
			"  - action: debug\n  - action: {module: copy, src: x}\n" + a + "-- b.yml --\n" + object("b"),
		"a b", "-n w", "shop.yml:6: copy: it makes no object of Kubernetes: keep it in the pipeline, if it is needed",
	}, {
		"arguments as a text with blanks, and as a variable",
		play + "  vars: {args: {template: b.yml}}\n  tasks:\n  - k8s: state=present template='{{ \"a\" ~ \".yml\" }}'\n  - k8s: \"{{ args }}\"\n" +
			"  - k8s: \"{{ others }}\"\n" + a + "-- b.yml --\n" + object("b"),
		"a b", "", "shop.yml:6: k8s: its options are in a variable whose value is not known here: write them at the task, " +
			"and import again",
	}, {
		"what always runs, and what only a failure",
		play + "  tasks:\n  - block: [{k8s: {template: a.yml}}]\n    rescue: [{k8s: {template: b.yml}}]\n    always: [{k8s: {template: c.yml}}]\n" +
			a + "-- b.yml --\n" + object("b") + "-- c.yml --\n" + object("c"),
		"a c", "", "shop.yml:4: rescue: a failed deploy is undone, and the pods that served before go on",
	}, {
		"other hosts",
		play + "  tasks:\n  - {k8s: {template: a.yml}, delegate_to: master}\n  - {k8s: {template: a.yml}, delegate_to: localhost}\n" + a,
		"a", "", "shop.yml:3: delegate_to master" + elsewhere,
	}, {
		"a loop's index and pause",
		play + "  tasks:\n  - k8s: {template: b.yml}\n    loop: [a.a, b.b]\n    loop_control: {index_var: n, pause: 3, label: x}\n" +
			"-- b.yml --\n" + object("{{ item }}{{ n }}"),
		"a.a0 b.b1", "", "shop.yml:5: pause: objects are applied at once where they can be",
	}, {
		"parts of a role, and what is applied to it",
		play + "  tasks:\n  - include_role: {name: r, defaults_from: d, vars_from: v, tasks_from: t, apply: {tags: x, when: y}}\n" +
			"-- roles/r/tasks/t.yml --\n- k8s: {template: b.yml}\n-- roles/r/defaults/d.yml --\nd: x\n-- roles/r/vars/v.yml --\nv: z\n" +
			"-- roles/r/templates/b.yml --\n" + object("{{ d }}{{ v }}"),
		"xz", "", "shop.yml:3: apply when: what is applied to included tasks is not carried over: write it at the include " +
			"itself, or at a block around it, and import again",
	}, {
		"who owns the fields, and validation",
		play + "  tasks:\n  - k8s: {template: a.yml, apply: yes, server_side_apply: {field_manager: ci}, validate: {strict: yes}}\n" + a,
		"a", "", "shop.yml:3: server_side_apply: what it applied belongs to its field manager: deploy once with --adopt ci\n" +
			"shop.yml:3: validate: objects are validated if slipway is told to: render with --validate",
	}, {
		"what tasks set for those after them",
		play + "  vars: {x: a}\n  tasks:\n  - k8s: {template: b.yml}\n    vars: {n: first}\n  - set_fact: {n: \"{{ x }}-b\", cacheable: yes}\n" +
			"  - include_vars: more.yml\n  - include_tasks: t.yml\n  - set_fact: {n: \"{{ n }}-c\"}\n  - set_fact: {q: 1}\n    when: x\n" +
			"  - include_vars: {dir: x}\n-- t.yml --\n- k8s: {template: b.yml}\n- k8s: {template: b.yml}\n  when: m == 2 and n is defined\n  vars: {n: y}\n" +
			"-- vars/more.yml --\nm: 2\n-- b.yml --\n" + object("{{ n }}{{ m | default('') }}"),
		"first a-b2", "", "shop.yml:9: set_fact: the value is known only while the playbook runs: write the value into vars.yml, " +
			"or pass it with -e\nshop.yml:10: set_fact: the value is known only while the playbook runs: write the value into " +
			"vars.yml, or pass it with -e\nshop.yml:12: include_vars: its variables are known only when it runs: copy the file " +
			"as vars.yml, or as that of an environment",
	}, {
		"a look-up by a variable's name, and fields that there are not",
		play + "  tasks:\n  - include_tasks: t.yml\n    loop: [b, {dir: c, kind: file}]\n    loop_control: {loop_var: outer}\n" +
			"-- t.yml --\n- set_fact:\n    dir: \"m/{{ outer.dir | default(outer) }}\"\n    kind: \"{{ outer.kind | default('template') }}\"\n" +
			"- k8s: {definition: \"{{ item }}\"}\n  loop: \"{{ lookup(kind, dir + '/x.yml') | from_yaml_all | list }}\"\n" +
			"-- m/b/x.yml --\n" + object("b") + "-- m/c/x.yml --\n" + object("c"),
		"b c", "", "",
	}, {
		"a condition that only a run knows",
		play + "  tasks:\n  - k8s_info: {kind: Pod}\n    register: pods\n  - {k8s: {template: a.yml}, when: [pods.resources, deploy is defined]}\n" +
			"  - {k8s: {template: b.yml}, when: pods is failed}\n" + a + "-- b.yml --\n" + object("b"),
		"b", "", "shop.yml:3: k8s_info: it reads the cluster: slipway waits for rollouts itself; keep what else it is for in " +
			"the pipeline\n" + "shop.yml:5: when: it depends on what is known only while the playbook runs: a.yml is carried " +
			"over whether it holds or not: wrap it in {% if … %}, or take the file out\nshop.yml:6: when: it depends on what " +
			"is known only while the playbook runs: b.yml is carried over whether it holds or not: wrap it in {% if … %}, or " +
			"take the file out",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := playbook.Import(project(tt.project), "shop.yml", playbook.Options{})
			if err != nil {
				t.Fatalf("Import error = %v", err)
			}
			if diff := cmp.Diff(tt.left, strings.Join(leftOf(plan), "\n")); diff != "" {
				t.Errorf("Import of\n%s\nleftovers mismatch (-want +got):\n%s", tt.project, diff)
			}
			command := strings.TrimSpace("slipway deploy --root k8s --app shop --all " + tt.command)
			if got := plan.Deploys[0].Command("k8s"); got != command {
				t.Errorf("command = %s, want %s", got, command)
			}
			if got := strings.Join(names(t, plan, nil), " "); got != tt.objects {
				t.Errorf("Import of\n%s\nobjects = %s, want %s\n%s", tt.project, got, tt.objects, archive(plan))
			}
			load(t, plan)
			checkDirect(t, project(tt.project), plan)
		})
	}
}
