package playbook

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// playbook reads the plays of a playbook.
func (i *importer) playbook(name string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: it imports itself", name)
	}
	n, err := i.load(name)
	if err != nil {
		return err
	}
	before := i.book
	defer func() { i.book = before }()
	i.book = name
	for _, play := range n.items() {
		if other := play.get("import_playbook", "ansible.builtin.import_playbook"); other.key != nil {
			if err := i.playbook(path.Join(path.Dir(name), other.value.text()), depth+1); err != nil {
				return fmt.Errorf("%s: %w", other.place(), err)
			}
			continue
		}
		if play.get("hosts").key == nil {
			return fmt.Errorf("%s: not a play: it has no hosts", play.place())
		}
		if err := i.play(play); err != nil {
			return err
		}
	}
	return nil
}

// quiet are the keywords of plays that mean nothing to a deploy.
var quiet = []string{
	"name", "hosts", "user", "remote_user", "connection", "gather_facts", "become", "become_user",
	"become_method", "tags", "collections", "any_errors_fatal", "max_fail_percentage", "strategy", "serial",
	"run_once", "no_log", "order", "gather_subset", "force_handlers", "check_mode", "diff",
	"vars", "vars_files", "environment", "module_defaults", "roles", "pre_tasks", "tasks", "post_tasks",
}

func (i *importer) play(play node) error {
	i.hosts(play)
	s := scope{expressions: &i.expressions}
	s = s.with(variable{level: magicVars, name: "playbook_dir", value: "/" + path.Dir(i.book)})
	found, err := i.inventory(play.get("hosts").value)
	if err != nil {
		return err
	}
	s = s.with(found...)
	s = i.inherit(play, s, playVars)
	s = i.varsFiles(play.get("vars_files").value, s)
	for _, f := range play.fields() {
		if slices.Contains(quiet, f.name) {
			continue
		}
		known, ok := playAdvice[f.name]
		if !ok {
			known = advice{why: "the keyword is not known here"}
		}
		i.leave(f.place(), f.name, known)
	}
	return errors.Join(
		i.taskList(play.get("pre_tasks").value, s, 0),
		i.roles(play.get("roles").value, s, 0),
		i.taskList(play.get("tasks").value, s, 0),
		i.taskList(play.get("post_tasks").value, s, 0),
	)
}

// local are the hosts that stand for the machine that the playbook runs on.
var local = []string{"localhost", "127.0.0.1", "local", "all"}

var elsewhere = advice{
	"the deploy runs where slipway is started, not on a host of an inventory",
	"give it a kubeconfig of the cluster",
}

// hosts reports a play that runs elsewhere.
func (i *importer) hosts(play node) {
	f := play.get("hosts")
	var remote []string
	for _, host := range f.value.items() {
		if !slices.Contains(local, host.text()) {
			remote = append(remote, host.text())
		}
	}
	if len(remote) > 0 {
		i.leave(f.place(), "hosts "+strings.Join(remote, ", "), elsewhere)
	}
}

// inventory returns the group_vars and host_vars of hosts: an inventory's, that of the
// project, and, which is the strongest, the playbook's.
func (i *importer) inventory(hosts node) ([]variable, error) {
	dirs := []string{"inventory", "."}
	if dir := path.Dir(i.book); dir != "." {
		dirs = append(dirs, dir)
	}
	var vars []variable
	var errs []error
	add := func(name string, l level) {
		found, err := i.varsAt(name, l)
		vars, errs = append(vars, found...), append(errs, err)
	}
	for _, dir := range dirs {
		add(path.Join(dir, "group_vars/all"), groupAll)
		for _, host := range hosts.items() {
			if name := host.text(); name != "" && name != "all" && path.Base(name) == name {
				add(path.Join(dir, "group_vars", name), groupVars)
				add(path.Join(dir, "host_vars", name), hostVars)
			}
		}
	}
	return vars, errors.Join(errs...)
}

// roles follows the roles of a play.
func (i *importer) roles(list node, s scope, depth int) error {
	var errs []error
	for _, item := range list.items() {
		name, params := item.text(), []variable(nil)
		inner := i.inherit(node{withoutVars(item.Node), item.file}, s, paramVars)
		for _, f := range item.fields() {
			switch f.name {
			case "role", "name":
				name = f.value.text()
			case "vars":
				params = append(params, i.inline(f.value, paramVars)...)
			case "tags", "become", "become_user":
			case "delegate_to":
				i.delegated(f)
			case "environment", "module_defaults": // in the scope
			case "when": // in the scope
			default:
				params = append(params, f.variable(paramVars))
			}
		}
		errs = append(errs, i.role(item.place(), name, inner, params, roleParts{}, depth))
	}
	return errors.Join(errs...)
}

// withoutVars returns a map without the variables, which have a level of their own.
func withoutVars(n *goyaml.Node) *goyaml.Node {
	rest := *n
	rest.Content = nil
	for k := 0; n.Kind == goyaml.MappingNode && k+1 < len(n.Content); k += 2 {
		if n.Content[k].Value != "vars" {
			rest.Content = append(rest.Content, n.Content[k], n.Content[k+1])
		}
	}
	return &rest
}

// roleParts are the files of a role that are taken: "" stands for main.
type roleParts struct{ tasks, vars, defaults string }

// role follows a role's tasks.
func (i *importer) role(at place, name string, s scope, params []variable, parts roleParts, depth int) error {
	dir, ok := i.roleDir(name)
	if !ok {
		i.leave(at, "role "+name, advice{
			"there is no such directory in the project",
			"take it into roles/, if it deploys to Kubernetes, and import again",
		})
		return nil
	}
	defaults, err := i.varsAt(path.Join(dir, "defaults", cmp.Or(parts.defaults, "main")), roleDefaults)
	if err != nil {
		return err
	}
	vars, err := i.varsAt(path.Join(dir, "vars", cmp.Or(parts.vars, "main")), roleVars)
	if err != nil {
		return err
	}
	s = s.with(defaults...).with(vars...).with(params...).with(
		variable{level: magicVars, name: "role_path", value: "/" + dir},
		variable{level: magicVars, name: "role_name", value: name})
	s.role, s.roleDir = name, dir
	if err := i.dependencies(dir, s, depth); err != nil {
		return err
	}
	return i.taskFile(path.Join(dir, "tasks", cmp.Or(parts.tasks, "main")), s, depth+1)
}

// dependencies follows the roles that a role depends on.
func (i *importer) dependencies(dir string, s scope, depth int) error {
	file, ok := i.yamlFile(path.Join(dir, "meta/main"))
	if !ok {
		return nil
	}
	n, err := i.load(file)
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("%s: roles depend on one another without end", file)
	}
	return i.roles(n.get("dependencies").value, s, depth+1)
}

func (i *importer) roleDir(name string) (string, bool) {
	name = lastName(name) // without its collection
	for _, dir := range []string{path.Join(path.Dir(i.book), "roles"), "roles", path.Dir(i.book), "."} {
		found := path.Join(dir, name)
		if !fs.ValidPath(found) {
			continue
		}
		if info, err := fs.Stat(i.fsys, path.Join(found, "tasks")); err == nil && info.IsDir() {
			return found, true
		}
	}
	return "", false
}

// yamlFile returns the name with the ending that there is.
func (i *importer) yamlFile(name string) (string, bool) {
	for _, ending := range []string{"", ".yml", ".yaml"} {
		if !fs.ValidPath(name + ending) {
			return "", false
		}
		if info, err := fs.Stat(i.fsys, name+ending); err == nil && info.Mode().IsRegular() {
			return name + ending, true
		}
	}
	return "", false
}

// varsAt returns the variables of a file, or of all files of a directory, as group_vars/all
// is one or the other; none if there is neither.
func (i *importer) varsAt(name string, l level) ([]variable, error) {
	if !fs.ValidPath(name) {
		return nil, nil
	}
	files := []string{}
	if file, ok := i.yamlFile(name); ok {
		files = append(files, file)
	}
	all, err := i.allFiles()
	for _, file := range all {
		isYAML := slices.Contains([]string{".yml", ".yaml", ""}, path.Ext(file))
		if isYAML && strings.HasPrefix(file, name+"/") {
			files = append(files, file)
		}
	}
	var vars []variable
	for _, file := range files {
		found, readErr := i.varsFile(file, l)
		vars, err = append(vars, found...), errors.Join(err, readErr)
	}
	return vars, err
}

// varsFile returns the variables of one file.
func (i *importer) varsFile(file string, l level) ([]variable, error) {
	data, err := i.readFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(data), "$ANSIBLE_VAULT;") {
		i.leave(place{file, 1}, "a vault", advice{
			"what is in it cannot be told apart from other values",
			"copy it as vars.yml of the service or of common/, if there is none, or pass them with -e",
		})
		return nil, nil
	}
	n, err := i.parse(file, data)
	if err != nil {
		return nil, err
	}
	return i.inline(n, l), nil
}

func (f field) variable(l level) variable {
	return variable{level: l, name: f.name, value: f.value.decoded(), field: f, at: f.place()}
}

// inline returns the variables of a map.
func (i *importer) inline(n node, l level) []variable {
	var vars []variable
	for _, f := range n.fields() {
		vars = append(vars, f.variable(l))
	}
	return vars
}

// varsFiles reads the files that a play names. Of a list within the list, the first counts
// that there is.
func (i *importer) varsFiles(list node, s scope) scope {
	for _, item := range list.items() {
		var missing []string
		found := false
		for _, name := range item.items() {
			text, ok := s.known(name.text())
			if !ok {
				i.leave(name.place(), "vars_files "+name.text(), advice{
					"its name depends on what the caller passes",
					"make each such file the vars.yml of an environment: overlays/<env>/vars.yml, for --env",
				})
				found = true
				break
			}
			file, ok := i.yamlFile(path.Join(path.Dir(i.book), text))
			if !ok {
				missing = append(missing, text)
				continue
			}
			vars, err := i.varsFile(file, varsFiles)
			if err != nil {
				i.leave(name.place(), "vars_files "+text, advice{why: err.Error()})
			}
			s, found = s.with(vars...), true
			break
		}
		if !found {
			i.leave(item.place(), "vars_files "+strings.Join(missing, ", "),
				advice{why: "there is no such file"})
		}
	}
	return s
}
