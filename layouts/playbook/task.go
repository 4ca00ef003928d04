package playbook

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
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
		if i.tasks++; i.tasks > maxTasks {
			return fmt.Errorf("%s: over %d tasks", item.place(), maxTasks)
		}
		errs = append(errs, i.task(item, s, depth))
	}
	return errors.Join(errs...)
}

func (i *importer) task(n node, s scope, depth int) error {
	s = s.with(i.inline(n.get("vars").value, taskVars)...).where(n.get("when"))
	i.registers(n)
	if f := n.get("block"); f.key != nil {
		i.keywords(n)
		for _, name := range []string{"rescue", "always"} {
			if other := n.get(name); other.key != nil {
				i.leave(other.place(), name,
					advice{why: "a failed deploy is undone, and the pods that served before go on"})
			}
		}
		return i.taskList(f.value, s, depth+1)
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
		i.otherModule(t)
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
		t := task{node: n, module: f, name: lastName(f.name)}
		t.ours = slices.Contains(modules, t.name) &&
			slices.Contains(collections, strings.TrimSuffix(f.name, t.name))
		return t, true
	}
	return task{}, false
}

// keywords reports those that a carried task has and the layout does not.
func (i *importer) keywords(n node) {
	for _, f := range n.fields() {
		if known, ok := keywordAdvice[f.name]; ok {
			i.leave(f.place(), f.name, known)
		}
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
	tasks := t.module.value.get("tasks_from").value.text()
	if tasks == "" {
		tasks = "main"
	}
	return i.role(t.module.place(), name, tasks, s, nil, depth)
}
