package layouts

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Reserved directories.
const (
	eachDir     = "each"
	overlaysDir = "overlays"
	filesDir    = "files"
)

// schemaFile holds a JSON Schema of values.
const schemaFile = "vars.schema.json"

const (
	// maxLabel is the length of a DNS-1123 label, and of a label's value.
	maxLabel = 63
	// maxService leaves room for the prefix of the annotation that holds a
	// service's routes, slipway/routes.<service>.
	maxService = maxLabel - len("routes.")
)

var dns1123 = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// checkName returns an error if name cannot be an app's or a service's.
func checkName(name string) error {
	switch {
	case slices.Contains([]string{Common, eachDir, overlaysDir}, name):
		return errors.New("the name is reserved")
	case len(name) > maxLabel || !dns1123.MatchString(name):
		return fmt.Errorf("the name %q is not a DNS-1123 label: use at most %d of a-z, 0-9 and -, "+
			"with a letter or digit at both ends", name, maxLabel)
	}
	return nil
}

// checkService returns an error if name cannot be a service's of app.
func checkService(app, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	switch {
	case len(name) > maxService:
		return fmt.Errorf("the name has %d characters: annotation slipway/routes.<service> has room for %d",
			len(name), maxService)
	case len(Set(app, name)) > maxLabel:
		return fmt.Errorf("app and service have %d characters together: label %s has room for %d",
			len(app)+len(name), SetLabel, maxLabel-1)
	}
	return nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func isTemplate(name string) bool {
	return slices.Contains([]string{".yml", ".yaml", ".json", ".j2", ".tmpl"}, path.Ext(name))
}

func isVars(name string) bool { return name == "vars.yml" || name == "vars.yaml" }

func isPartial(name string) bool { return strings.HasPrefix(name, "_") }
