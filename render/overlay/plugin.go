package overlay

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// helmKind is the one of kustomize's own plugins that runs a program.
const helmKind = "HelmChartInflationGenerator"

// plugin checks a generator, transformer or validator: a file, or as it stands.
func (s *scanner) plugin(field, value string) {
	data, at := []byte(value), s.inText(find(s.node, field))
	if !inline(value) {
		file := s.needs(field, value)
		if file == "" {
			return
		}
		data, at = s.files[file], func(n *goyaml.Node) spot { return spotOf(file, n) }
	}
	docs, err := parseDocuments(data)
	if err != nil {
		s.problems = append(s.problems, inTextError(at, field, err))
		return
	}
	for _, doc := range docs {
		if err := checkPlugin(doc.value); err != nil {
			s.bad(field, err)
		}
	}
}

func checkPlugin(doc any) error {
	config, ok := doc.(map[string]any)
	if !ok {
		return errors.New("want the configuration of a plugin, with apiVersion: builtin")
	}
	metadata, _ := config["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for name := range annotations {
		if strings.Contains(name, "config.kubernetes.io/function") || name == "config.k8s.io/function" {
			return fmt.Errorf("%v is a function in a container or an executable: none is run; put what it "+
				"makes into a file, and name that under resources", config["kind"])
		}
	}
	switch kind := fmt.Sprint(config["kind"]); {
	case kind == helmKind:
		return errHelm
	case config["apiVersion"] != "builtin":
		return fmt.Errorf("%s of %v is a plugin, an executable: none is run; put what it makes into a "+
			"file, and name that under resources", kind, config["apiVersion"])
	}
	for text := range files(config) {
		if isRemote(text) {
			return fmt.Errorf("%s is remote: nothing is fetched; put a copy into the overlay",
				withoutPassword(text))
		}
	}
	return nil
}

// files yields the texts of config that may name files.
func files(config any) iter.Seq[string] {
	return func(yield func(string) bool) { walkFiles(config, "", yield) }
}

var fileFields = []string{"path", "paths", "files", "envs", "env"}

func walkFiles(value any, field string, yield func(string) bool) bool {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			if !walkFiles(v, name, yield) {
				return false
			}
		}
	case []any:
		for _, v := range value {
			if !walkFiles(v, field, yield) {
				return false
			}
		}
	case string:
		return !slices.Contains(fileFields, field) || yield(value)
	}
	return true
}

// texts yields the items of a list of texts, with their fields. Another value is told by check.
func (s *scanner) texts(fields map[string]any, name string) iter.Seq2[string, string] {
	return itemsOf[string](fields, name)
}

// maps yields the items of a list of maps, as texts does.
func (s *scanner) maps(fields map[string]any, name string) iter.Seq2[string, map[string]any] {
	return itemsOf[map[string]any](fields, name)
}

func itemsOf[T any](fields map[string]any, name string) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		list, _ := fields[name].([]any)
		for i, item := range list {
			value, ok := item.(T)
			if ok && !yield(fmt.Sprintf("%s[%d]", name, i), value) {
				return
			}
		}
	}
}
