package playbook

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// modules are the names of the module that is carried over, without its collection.
var modules = []string{"k8s", "k8s_raw", "openshift_raw"}

// collections are those that it may be of.
var collections = []string{
	"", "kubernetes.core.", "community.kubernetes.", "community.okd.", "redhat.openshift.",
}

// taskKeywords are the keywords of tasks that mean nothing to a deploy, or are looked at
// elsewhere.
var taskKeywords = []string{
	"name", "tags", "become", "become_user", "become_method", "connection", "delegate_to", "run_once",
	"no_log", "changed_when", "check_mode", "diff", "vars", "args", "loop", "loop_control", "collections",
	"with_items", "with_list", "with_flattened", "with_fileglob", "with_dict", "block", "rescue", "always",
	"remote_user", "delegate_facts", "any_errors_fatal", "environment", "when",
}

// silent are modules that leave nothing behind.
var silent = []string{"debug", "meta", "assert", "fail", "pause"}

// A task is one of a list.
type task struct {
	node
	module field
	name   string // of the module, without its collection
	ours   bool   // it is the module that is carried over
}

// taskFile follows the tasks of a file.
func (i *importer) taskFile(name string, s scope, depth int) error {
	file, ok := i.yamlFile(name)
	if !ok {
		return fmt.Errorf("%s: no such file of tasks", name)
	}
	n, err := i.load(file)
	if err != nil {
		return err
	}
	return i.taskList(n, s, depth)
}

// taskList follows tasks.
func (i *importer) taskList(list node, s scope, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: tasks include one another without end", list.place())
	}
	var errs []error
	for _, item := range list.items() {
		if err := i.count(1, item.place()); err != nil {
			return err
		}
		errs = append(errs, i.task(item, s, depth))
	}
	return errors.Join(errs...)
}

// count counts tasks, or what a loop makes of one.
func (i *importer) count(n int, at place) error {
	if i.tasks += n; i.tasks > maxTasks {
		return fmt.Errorf("%s: over %d tasks, each item of a loop counted: split the playbook", at, maxTasks)
	}
	return nil
}

func (i *importer) task(n node, s scope, depth int) error {
	s = i.inherit(n, s.with(i.facts[s.facts:]...), taskVars)
	s.facts = len(i.facts)
	i.registers(n)
	if f := n.get("block"); f.key != nil {
		i.keywords(n)
		if other := n.get("rescue"); other.key != nil {
			i.leave(other.place(), "rescue",
				advice{why: "a failed deploy is undone, and the pods that served before go on"})
		}
		return errors.Join(i.taskList(f.value, s, depth+1), i.taskList(n.get("always").value, s, depth+1))
	}
	t, ok := newTask(n)
	if !ok {
		if len(n.fields()) > 0 {
			i.leave(n.place(), "task", advice{why: "it names no module"})
		}
		return nil
	}
	includes := map[string]func(task, scope, int) error{
		"include_tasks": i.includeTasks, "import_tasks": i.includeTasks, "include": i.includeTasks,
		"include_role": i.includeRole, "import_role": i.includeRole,
	}
	follow, isInclude := includes[t.name]
	if !isInclude && !t.ours {
		if !i.sets(t, s) {
			i.otherModule(t)
		}
		return nil
	}
	i.keywords(n)
	if !isInclude {
		follow = func(t task, s scope, _ int) error { return i.object(t, s) }
	}
	return i.loop(t, s, func(s scope) error { return follow(t, s, depth+1) })
}

// newTask finds the module of a task.
func newTask(n node) (task, bool) {
	for _, f := range n.fields() {
		_, isKeyword := keywordAdvice[f.name]
		isKeyword = isKeyword || slices.Contains(taskKeywords, f.name)
		if isKeyword || strings.HasPrefix(f.name, "with_") {
			continue
		}
		f = f.action()
		t := task{node: n, module: f, name: lastName(f.name)}
		t.ours = slices.Contains(modules, t.name) &&
			slices.Contains(collections, strings.TrimSuffix(f.name, t.name))
		return t, true
	}
	return task{}, false
}

// action returns the module that action or local_action name, with its arguments.
func (f field) action() field {
	if f.name != "action" && f.name != "local_action" {
		return f
	}
	if named := f.value.get("module"); named.key != nil {
		rest := *f.value.Node
		rest.Content = nil
		for _, option := range f.value.fields() {
			if option.name != "module" {
				rest.Content = append(rest.Content, option.key, option.value.Node)
			}
		}
		return field{named.value.text(), f.key, node{&rest, f.value.file}}
	}
	name, rest, _ := strings.Cut(f.value.text(), " ")
	return field{name, f.key, f.value.withText(rest)}
}

// withText returns a scalar in the same place; null if there is no text.
func (n node) withText(text string) node {
	scalar := goyaml.Node{Kind: goyaml.ScalarNode, Tag: "!!str", Value: text}
	if text == "" {
		scalar.Tag = "!!null"
	}
	if n.Node != nil {
		scalar.Line, scalar.Column = n.Line, n.Column
	}
	return node{&scalar, n.file}
}

// keywords reports those that a carried task has and the layout does not.
func (i *importer) keywords(n node) {
	for _, f := range n.fields() {
		if known, ok := keywordAdvice[f.name]; ok {
			i.leave(f.place(), f.name, known)
		}
	}
	i.delegated(n.get("delegate_to"))
	if pause := n.get("loop_control").value.get("pause"); pause.key != nil {
		i.leave(pause.place(), "pause", advice{why: "objects are applied at once where they can be"})
	}
}

// delegated reports a task that runs elsewhere.
func (i *importer) delegated(f field) {
	if name := f.value.text(); name != "" && !slices.Contains(local, name) {
		i.leave(f.place(), "delegate_to "+name, elsewhere)
	}
}

func (i *importer) otherModule(t task) {
	if slices.Contains(silent, t.name) {
		return
	}
	known, ok := moduleAdvice[t.name]
	switch {
	case ok:
	case strings.HasPrefix(t.name, "helm"):
		known = moduleAdvice["helm"]
	default:
		known = advice{"it makes no object of Kubernetes", "keep it in the pipeline, if it is needed"}
	}
	i.leave(t.module.place(), t.module.name, known)
}

// includeTasks follows a file of tasks.
func (i *importer) includeTasks(t task, s scope, depth int) error {
	name := t.module.value.text()
	if f := t.module.value.get("file"); f.key != nil {
		name = f.value.text()
	}
	i.applied(t)
	text, ok := s.known(name)
	if !ok {
		i.leave(t.module.place(), t.name+" "+name, advice{
			"its name depends on what the caller passes",
			"name the file, and import again",
		})
		return nil
	}
	for _, dir := range []string{path.Dir(t.file.name), path.Join(s.roleDir, "tasks"), path.Dir(i.book)} {
		if file, ok := i.yamlFile(path.Join(dir, strings.TrimPrefix(text, "/"))); ok {
			return i.taskFile(file, s, depth)
		}
	}
	i.leave(t.module.place(), t.name+" "+text, advice{why: "there is no such file"})
	return nil
}

// applied reports what an include gives to all tasks, but for tags and who runs them.
func (i *importer) applied(t task) {
	for _, f := range t.module.value.get("apply").value.fields() {
		if f.name != "tags" && !strings.HasPrefix(f.name, "become") {
			i.leave(f.place(), "apply "+f.name, advice{
				"what is applied to included tasks is not carried over",
				"write it at the include itself, or at a block around it, and import again",
			})
		}
	}
}

// includeRole follows a role.
func (i *importer) includeRole(t task, s scope, depth int) error {
	name, ok := s.known(t.module.value.get("name").value.text())
	if !ok {
		i.leave(t.module.place(), t.name, advice{
			"the role's name depends on what the caller passes",
			"name the role, and import again",
		})
		return nil
	}
	if depth > maxDepth {
		return fmt.Errorf("%s: roles include one another without end", t.place())
	}
	i.applied(t)
	return i.role(t.module.place(), name, s, nil, roleParts{
		tasks:    t.module.value.get("tasks_from").value.text(),
		vars:     t.module.value.get("vars_from").value.text(),
		defaults: t.module.value.get("defaults_from").value.text(),
	}, depth)
}
