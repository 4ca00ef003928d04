package layouts

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed skeleton
var skeletons embed.FS

// A Skeleton says what the directory of a new service is made of.
type Skeleton struct {
	// App is the app that the service is new in. It may be new itself: then all but its
	// Name is empty.
	App *App
	// Service is its name, a DNS-1123 label that no service of the app has.
	Service string
	// Path leads to it. Empty means its name, less the app's: "/home" of shop-home in
	// the app shop.
	Path string
	// Host is that of a new app. Empty means one of example.com.
	Host string
	// Backend and Port are the Kubernetes Service that common/each makes for it, and its
	// port, a name or a number. Empty means the service's own name, and "http".
	Backend, Port string
}

// Files returns the files of the service, sorted by path: what common/each does not make
// for it already, and its route. Of a new app, they include common/. They render and
// deploy as they are, with an image_id.
//
// A name that is not good for a service, or that one has, yields an [*Error].
func (s Skeleton) Files() ([]File, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	replicas, port := "1", "8080"
	var names []string
	prefix := s.App.Name + "/" + s.Service + "/"
	files := map[string]string{prefix + "ingress.yml": "ingress.yml"}
	if s.isNewApp() {
		common := s.App.Name + "/" + Common + "/"
		prefix = common + eachDir + "/"
		files[common+"ingress.yml"], files[common+"vars.yml"] = "app-ingress.yml", "app-vars.yml"
		replicas, port = "{{ replicas }}", "{{ port }}"
	}
	for _, name := range []string{"deployment.yml", "service.yml"} {
		stem := File{Path: name}.Stem()
		if !slices.ContainsFunc(s.App.Each, func(f File) bool { return f.Stem() == stem }) {
			files[prefix+name] = name
		}
	}
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	words := s.words(replicas, port)
	var out []File
	for _, name := range names {
		data, err := skeletons.ReadFile(path.Join("skeleton", files[name]))
		if err != nil {
			return nil, err
		}
		out = append(out, File{Path: name, Data: []byte(words.Replace(string(data)))})
	}
	return out, nil
}

func (s Skeleton) check() error {
	if err := checkName(s.App.Name); err != nil {
		return &Error{s.App.Name, err}
	}
	where := s.App.Name + "/" + s.Service
	if err := checkService(s.App.Name, s.Service); err != nil {
		return &Error{where, err}
	}
	if slices.ContainsFunc(s.App.Services, func(d Directory) bool { return d.Name == s.Service }) {
		return &Error{where, errors.New("the service is there already: choose another name")}
	}
	if s.Path != "" && !strings.HasPrefix(s.Path, "/") {
		return &Error{where, fmt.Errorf("the path %q does not begin with a slash", s.Path)}
	}
	return nil
}

// isNewApp reports whether the app has nothing that a service would have to fit in with.
func (s Skeleton) isNewApp() bool {
	a := s.App
	return len(a.Services)+len(a.Each)+len(a.Common.Templates) == 0 && a.Common.Vars == nil
}

// words are what stands for what in the skeletons.
func (s Skeleton) words(replicas, port string) *strings.Replacer {
	route := s.Path
	if route == "" {
		route = "/" + strings.TrimPrefix(s.Service, s.App.Name+"-")
	}
	host := s.Host
	if host == "" {
		host = s.App.Name + ".example.com"
	}
	backend := s.Backend
	if backend == "" || backend == s.Service {
		backend = "{{ service_name }}"
	}
	to := "name: " + s.Port
	if s.Port == "" {
		to = "name: http"
	} else if _, err := strconv.Atoi(s.Port); err == nil {
		to = "number: " + s.Port
	}
	return strings.NewReplacer("$replicas", replicas, "$port", port, "$path", strconv.Quote(route),
		"$host", host, "$backendport", to, "$backend", backend)
}
