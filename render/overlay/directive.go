package overlay

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// A traced is what a document of a patch says, and of which objects.
type traced struct {
	claims []claim
	kind   string // of the object, if there is no target
	name   string
	target map[string]*regexp.Regexp // by fields; nil if there is none
}

// tracedPatches returns those of a kustomization, in order.
func tracedPatches(t *target) []traced {
	var found []traced
	for _, p := range t.all {
		docs, err := parseDocuments(p.text)
		if err != nil {
			continue // told by who applies it
		}
		for _, doc := range docs {
			of := traced{claims: claims(doc.root(), p.at)}
			if target, ok := p.entry["target"].(map[string]any); ok {
				of.target = patterns(target)
			} else if id, err := identify(doc.value); err == nil {
				of.kind, of.name = id.Kind, id.Name
			}
			found = append(found, of)
		}
	}
	return found
}

// patterns returns what a target says of names. Labels are left out: what a patch says is
// compared with what is there, too.
func patterns(target map[string]any) map[string]*regexp.Regexp {
	found := map[string]*regexp.Regexp{}
	for _, name := range []string{"group", "version", "kind", "name", "namespace"} {
		text := text(target[name])
		pattern, err := regexp.Compile("^(?:" + text + ")$")
		if text != "" && err == nil {
			found[name] = pattern
		}
	}
	return found
}

func (p traced) fits(of who) bool {
	if p.target == nil {
		return p.kind == of.kind && of.is(p.name)
	}
	for name, have := range map[string]string{"group": of.group, "version": of.version, "kind": of.kind} {
		if pattern := p.target[name]; pattern != nil && !pattern.MatchString(have) {
			return false
		}
	}
	pattern := p.target["name"]
	return pattern == nil || slices.ContainsFunc(of.names, pattern.MatchString)
}

// A directive is what a kustomization says of many objects.
type directive struct {
	spot
	// sets reports whether it says that a field is what it is.
	sets func(of who, path string, was, is any) bool
}

// directives returns those of a kustomization.
func (t *tree) directives(of *target) []directive {
	var found []directive
	add := func(n *goyaml.Node, sets func(of who, path string, was, is any) bool) {
		found = append(found, directive{spotOf(of.file, n), sets})
	}
	root := of.root
	for _, name := range []string{"configMapGenerator", "secretGenerator"} {
		for _, item := range items(value(root, name)) {
			found = append(found, t.generated(of, item, name)...)
		}
	}
	for _, name := range []string{"namePrefix", "nameSuffix", "namespace"} {
		if n := value(root, name); n != nil && n.Value != "" {
			add(n, adds(name, n.Value))
		}
	}
	for _, name := range []string{"commonLabels", "commonAnnotations"} {
		pairs(value(root, name), add)
	}
	for _, item := range items(value(root, "labels")) {
		pairs(value(item, "pairs"), add)
	}
	for _, item := range items(value(root, "replicas")) {
		replicas(item, add)
	}
	for _, name := range []string{"images", "imageTags"} {
		for _, item := range items(value(root, name)) {
			images(item, add)
		}
	}
	for _, name := range []string{"replacements", "transformers"} {
		for _, item := range items(value(root, name)) {
			found = append(found, t.others(of, item)...)
		}
	}
	return found
}

// adder takes a directive, and where it is.
type adder func(n *goyaml.Node, sets func(of who, path string, was, is any) bool)

// adds returns whether a text is in a value that was not in it. A namespace is all of it.
func adds(name, text string) func(of who, path string, was, is any) bool {
	return func(_ who, _ string, was, is any) bool {
		now, isText := is.(string)
		before, _ := was.(string)
		if name == "namespace" {
			return isText && now == text
		}
		return isText && strings.Contains(now, text) && !strings.Contains(before, text)
	}
}

// last returns the name of the field at a path.
func last(path string) string { return path[strings.LastIndexAny(path, ".]")+1:] }

func pairs(n *goyaml.Node, add adder) {
	if n == nil || n.Kind != goyaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, text := n.Content[i], real(n.Content[i+1]).Value
		add(key, func(_ who, path string, _, is any) bool {
			return strings.HasSuffix(path, "."+key.Value) && is == text
		})
	}
}

func replicas(item *goyaml.Node, add adder) {
	name, count := value(item, "name"), value(item, "count")
	if name == nil || count == nil {
		return
	}
	add(count, func(of who, path string, _, is any) bool {
		return strings.Contains(strings.ToLower(last(path)), "replicas") && of.is(name.Value) &&
			fmt.Sprint(is) == count.Value
	})
}

func images(item *goyaml.Node, add adder) {
	name := value(item, "name")
	if newName := value(item, "newName"); newName != nil {
		name = newName
	}
	for _, field := range []string{"newName", "newTag", "digest", "tagSuffix"} {
		n := value(item, field)
		if n == nil || name == nil {
			continue
		}
		add(n, func(_ who, _ string, was, is any) bool {
			now, isText := is.(string)
			return isText && strings.HasPrefix(now, name.Value) && strings.Contains(now, n.Value) &&
				!strings.Contains(fmt.Sprint(was), n.Value)
		})
	}
}

// generated returns what an entry of a generator says of its object, and of those that name it.
func (t *tree) generated(of *target, item *goyaml.Node, list string) []directive {
	name := value(item, "name")
	if name == nil {
		return nil
	}
	kind := map[string]string{"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}[list]
	found := []directive{{spotOf(of.file, name), func(who who, _ string, was, is any) bool {
		now, isText := is.(string)
		return isText && who.kind != kind && strings.Contains(now, name.Value+"-") &&
			(was == nil || strings.Contains(fmt.Sprint(was), name.Value))
	}}}
	for key, at := range t.keys(of.file, item) {
		found = append(found, directive{at, func(who who, path string, _, _ any) bool {
			section, rest, _ := strings.Cut(path, ".")
			return who.kind == kind && who.is(name.Value) && rest == key &&
				slices.Contains([]string{"data", "binaryData", "stringData"}, section)
		}})
	}
	return found
}

// keys returns the places of the keys that an entry of a generator in a file makes.
func (t *tree) keys(file string, item *goyaml.Node) map[string]spot {
	found := map[string]spot{}
	envs := items(value(item, "envs"))
	if env := value(item, "env"); env != nil {
		envs = append(slices.Clone(envs), env)
	}
	for _, n := range envs {
		at := path.Join(path.Dir(file), n.Value)
		for i, line := range strings.Split(string(t.files[at]), "\n") {
			key, _, _ := strings.Cut(strings.TrimSpace(line), "=")
			found[key] = spot{at, i + 1, 1 + len(line) - len(strings.TrimLeft(line, " \t"))}
		}
	}
	for _, n := range items(value(item, "files")) {
		key, _, named := strings.Cut(n.Value, "=")
		if !named {
			key = path.Base(n.Value)
		}
		found[key] = spotOf(file, n)
	}
	for _, n := range items(value(item, "literals")) {
		key, _, _ := strings.Cut(n.Value, "=")
		found[key] = spotOf(file, n)
	}
	return found
}

// others returns what a replacement or a transformer says, which may be a file.
func (t *tree) others(of *target, item *goyaml.Node) []directive {
	file, at := of.file, spotOf(of.file, item)
	n := item
	if name := cmp.Or(value(item, "path"), real(item)); name.Kind == goyaml.ScalarNode {
		if inline(name.Value) {
			return said(rootOf([]byte(name.Value)), func(*goyaml.Node) spot { return at })
		}
		file = path.Join(path.Dir(of.file), name.Value)
		n = t.rootOf(file)
	}
	var found []directive
	for _, n := range append(slices.Clone(items(n)), n) {
		found = append(found, said(n, func(n *goyaml.Node) spot { return spotOf(file, n) })...)
	}
	return found
}

// said returns a directive for each text of a transformer that values may have got, and for each
// path of a replacement.
func said(n *goyaml.Node, at func(*goyaml.Node) spot) []directive {
	var found []directive
	if n == nil {
		return nil
	}
	for _, target := range items(value(n, "targets")) {
		kind, name := value(target, "select", "kind"), value(target, "select", "name")
		for _, to := range items(value(target, "fieldPaths")) {
			found = append(found, directive{at(to), func(of who, path string, _, _ any) bool {
				return (kind == nil || kind.Value == of.kind) && (name == nil || of.is(name.Value)) &&
					last(path) == last(to.Value)
			}})
		}
	}
	if value(n, "apiVersion") == nil {
		return found
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !slices.Contains([]string{"apiVersion", "kind", "fieldSpecs"}, n.Content[i].Value) {
			scalars(n.Content[i+1], func(n *goyaml.Node) {
				found = append(found, directive{at(n), func(of who, path string, was, is any) bool {
					return fmt.Sprint(is) == n.Value || adds("", n.Value)(of, path, was, is)
				}})
			})
		}
	}
	return found
}

// scalars calls do with each value below n that is not empty.
func scalars(n *goyaml.Node, do func(*goyaml.Node)) {
	if n = real(n); n.Kind == goyaml.ScalarNode && n.Value != "" {
		do(n)
	}
	for i, child := range n.Content {
		if n.Kind != goyaml.MappingNode || i%2 == 1 {
			scalars(child, do)
		}
	}
}
