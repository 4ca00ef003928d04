package overlay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"

	"github.com/slipway-go/slipway/internal/nearest"
)

var errHelm = errors.New("a Helm chart is not rendered here: do so with helm template, into a file, " +
	"and name that under resources")

// refused are the fields that are not for an overlay, and the ways out.
var refused = map[string]error{
	"helmCharts":                  errHelm,
	"helmChartInflationGenerator": errHelm,
	"helmGlobals":                 errHelm,
	"vars":                        errors.New("vars are deprecated: use replacements"),
	"sortOptions":                 errors.New("the order is that of the templates: take it out"),
	"buildMetadata": errors.New("each object carries its source as it is: take it out; " +
		"for the label app.kubernetes.io/managed-by use labels"),
}

// A scanner reads the fields of one kustomization.
type scanner struct {
	*tree
	file  string       // the kustomization's path
	node  *goyaml.Node // of all of it
	dir   string
	lines [][]byte // of the file, once something asks
}

func (s *scanner) bad(field string, err error) { s.add(s.file, field, err) }

// scan reads the kustomization file and all that it names. What is remote, a program,
// or not there, is an error.
func (t *tree) scan(file string) error {
	if _, err := t.kustomization(path.Dir(file)); err != nil {
		return t.problem(file, "", err)
	}
	t.visit(file, nil)
	return t.err()
}

// visit scans a kustomization; above are those that lead to it.
func (t *tree) visit(file string, above []string) {
	s := &scanner{tree: t, file: file, dir: path.Dir(file)}
	if t.visits++; t.visits > maxTargets {
		if t.visits == maxTargets+1 {
			s.bad("", fmt.Errorf("over %d kustomizations, each as often as it is named", maxTargets))
		}
		return
	}
	fields, err := parseMap(t.files[file])
	if err != nil {
		s.bad("", err)
		return
	}
	s.node = t.rootOf(file)
	s.check()
	if !s.lists(fields) {
		return
	}
	s.fields(fields, append(slices.Clone(above), file))
	patches := s.patches(fields)
	t.targets[file] = &target{file: file, root: s.node, fields: fields, patches: patches, all: patches}
	t.order = append(t.order, t.targets[file])
}

func (s *scanner) fields(fields map[string]any, above []string) {
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		if fields[name] != nil {
			s.bad(name, refused[name])
		}
	}
	for _, name := range []string{"resources", "bases", "components"} {
		for field, value := range s.texts(fields, name) {
			s.resource(field, value, name, above)
		}
	}
	for _, name := range []string{"crds", "configurations"} {
		for field, value := range s.texts(fields, name) {
			s.needs(field, value)
		}
	}
	for _, name := range []string{"generators", "transformers", "validators"} {
		for field, value := range s.texts(fields, name) {
			s.plugin(field, value)
		}
	}
	if openapi, ok := fields["openapi"].(map[string]any); ok && openapi["path"] != nil {
		s.needs("openapi.path", fmt.Sprint(openapi["path"]))
	}
	for field, item := range s.maps(fields, "replacements") {
		if item["path"] != nil {
			s.needs(field+".path", fmt.Sprint(item["path"]))
		}
	}
	for _, name := range []string{"configMapGenerator", "secretGenerator"} {
		for field, item := range s.maps(fields, name) {
			s.generator(field, item)
		}
	}
}

// generator checks the files of a ConfigMap or Secret. What a literal says is not told.
func (s *scanner) generator(field string, item map[string]any) {
	for name, value := range s.texts(item, "literals") {
		s.pair(spotOf(s.file, find(s.node, field)), field+"."+name, 1)
		if strings.IndexByte(value, '=') < 1 {
			s.bad(field+"."+name, errors.New("want key=value"))
		}
	}
	for name, value := range s.texts(item, "files") {
		s.pair(spotOf(s.file, find(s.node, field)), field+"."+name, 1)
		if _, file, ok := strings.Cut(value, "="); ok {
			value = file
		}
		s.needs(field+"."+name, value)
	}
	for name, value := range s.texts(item, "envs") {
		s.checkPairs(s.needs(field+"."+name, value))
	}
	if item["env"] != nil {
		s.checkPairs(s.needs(field+".env", fmt.Sprint(item["env"])))
	}
	s.markGenerated(field, item)
}

// checkPairs checks the lines of a file of key=value: kustomize would tell one that is not
// UTF-8, and leave out, without a word, what comes after a long one.
func (s *scanner) checkPairs(file string) {
	for i, line := range bytes.Split(s.files[file], []byte("\n")) {
		at := spot{file, i + 1, 1}
		s.pair(at, "", 1)
		switch {
		case !utf8.Valid(line):
			s.addAt(at, "", errors.New("the line is not UTF-8"))
		case len(line) >= bufio.MaxScanTokenSize:
			s.addAt(at, "", fmt.Errorf("the line has over %d bytes: name a file for it under files",
				bufio.MaxScanTokenSize-1))
		}
	}
}

// markGenerated marks what an entry of a generator makes.
func (s *scanner) markGenerated(field string, item map[string]any) {
	options, isMap := item["options"].(map[string]any)
	if options == nil {
		options = map[string]any{}
	}
	annotations, areMap := options["annotations"].(map[string]any)
	if annotations == nil {
		annotations = map[string]any{}
	}
	if item["options"] != nil && !isMap || options["annotations"] != nil && !areMap {
		return
	}
	annotations[sourceAnnotation] = s.source(s.file, find(s.node, field), true)
	options["annotations"] = annotations
	item["options"] = options
}

// resource checks what is named under resources, bases or components.
func (s *scanner) resource(field, value, list string, above []string) {
	if s.full() {
		return
	}
	at, err := s.resolve(value)
	if err != nil {
		s.bad(field, err)
		return
	}
	if !s.dirs[at] {
		if list == "resources" {
			docs, err := parseDocuments(s.files[at])
			if err != nil {
				s.add(at, "", err)
				return
			}
			for _, doc := range docs {
				for _, object := range objectsOf(doc.root()) {
					s.object(at, object)
				}
			}
			s.markResources(at, docs)
			return
		}
		s.bad(field, fmt.Errorf("%s is a file: want the directory of a kustomization", at))
		return
	}
	file, err := s.kustomization(at)
	if err != nil {
		s.bad(field, err)
		return
	}
	if slices.Contains(above, file) {
		s.bad(field, errors.New("the kustomization leads to itself"))
		return
	}
	s.visit(file, above)
	if t := s.targets[file]; t != nil {
		if isComponent := t.fields["kind"] == "Component"; isComponent != (list == "components") {
			kind := map[bool]string{true: "a Component: name it under components",
				false: "no Component: name it under resources, or make its kind Component"}
			s.bad(field, fmt.Errorf("%s is %s", file, kind[isComponent]))
		}
	}
}

// object checks that an object of a file has what kustomize wants to know of each.
func (s *scanner) object(file string, n *goyaml.Node) {
	if n = real(n); n.Kind != goyaml.MappingNode {
		s.addAt(spotOf(file, n), "", errors.New("want an object: a map with apiVersion and kind"))
		return
	}
	at := n
	if metadata, _ := entry(n, "metadata"); metadata != nil {
		at = metadata
	}
	for _, names := range [][]string{{"kind"}, {"metadata", "name"}} {
		if of := value(n, names...); (of == nil || of.Value == "") && !merges(n) {
			s.addAt(spotOf(file, at), "", fmt.Errorf("%s is missing", strings.Join(names, ".")))
		}
	}
}

// merges reports whether a map, or the metadata in it, has more than is written there.
func merges(n *goyaml.Node) bool {
	own, _ := entry(n, "<<")
	of, _ := entry(value(n, "metadata"), "<<")
	return own != nil || of != nil
}

// needs checks that a file is there.
func (s *scanner) needs(field, value string) string {
	if s.full() {
		return ""
	}
	at, err := s.resolve(value)
	if err == nil && s.dirs[at] {
		err = fmt.Errorf("%s is a directory: want a file", at)
	}
	if err == nil {
		err = checkNodes(s.files[at])
	}
	if err != nil {
		s.bad(field, err)
		return ""
	}
	s.plain[at] = true
	return at
}

// resolve returns the path of a file or directory that a kustomization names.
func (s *scanner) resolve(value string) (string, error) {
	switch {
	case isRemote(value):
		return "", fmt.Errorf("%s is remote: nothing is fetched; put a copy below %s/ and name that",
			withoutPassword(value), s.root)
	case path.IsAbs(value):
		return "", fmt.Errorf("%s is absolute: name a file below %s/", value, s.root)
	case strings.ContainsAny(value, "\\\n\r\x00"):
		return "", fmt.Errorf("%q is no path", value)
	}
	at := path.Join(s.dir, value)
	_, isFile := s.files[at]
	switch {
	case at != s.root && !strings.HasPrefix(at, s.root+"/"):
		return "", fmt.Errorf("%s leads out of %s/: an overlay does not name templates, which are there as "+
			"rendered; put other files there", value, s.root)
	case !isFile && !s.dirs[at]:
		return "", fmt.Errorf("%s is not there%s", at, nearest.Hint(at, s.siblings(at)))
	}
	return at, nil
}

// differing returns how many of the names in two paths differ.
func differing(a, b []string) int {
	if len(a) != len(b) {
		return max(len(a), len(b))
	}
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// siblings returns the files and directories whose paths differ from one in one name.
func (s *scanner) siblings(at string) []string {
	var have []string
	for _, p := range slices.Concat(slices.Collect(maps.Keys(s.files)), slices.Collect(maps.Keys(s.dirs))) {
		if differing(strings.Split(p, "/"), strings.Split(at, "/")) == 1 {
			have = append(have, p)
		}
	}
	slices.Sort(have)
	return have
}

// isRemote reports whether kustomize might fetch what value names: a URL, or what git
// takes for one. No file that kustomize is given has a colon, an @ or a ? in its path.
func isRemote(value string) bool {
	return strings.ContainsAny(value, ":@?") || strings.HasPrefix(strings.ToLower(value), "github.com")
}

// withoutPassword takes user and password out of a URL.
func withoutPassword(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return value
	}
	host, path, _ := strings.Cut(rest, "/")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:] + "/" + path
}
