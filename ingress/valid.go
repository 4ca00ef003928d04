package ingress

import (
	"fmt"
	"net"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// checkHost returns an error for a host of a template that no API server takes, by the
// rules of IngressRule in https://pkg.go.dev/k8s.io/api/networking/v1.
func checkHost(host string) error {
	name, _, port := strings.Cut(host, ":")
	switch {
	case host == "":
		return nil
	case net.ParseIP(host) != nil:
		return fmt.Errorf("host %q is an address: want a name, or leave it out", host)
	case port && len(validation.IsDNS1123Subdomain(name)) == 0:
		return fmt.Errorf("host %q has a port: a host is for all of them; write %s", host, name)
	case strings.HasPrefix(host, "*") && len(validation.IsWildcardDNS1123Subdomain(host)) == 0:
		return nil
	case len(validation.IsDNS1123Subdomain(host)) == 0:
		return nil
	}
	return fmt.Errorf("host %q is not the name of one: want lower case letters, digits, - and dots, as "+
		"shop.example.com, or *. before it for one label", host)
}

// checkPath returns an error for a path of a template that no API server takes, or no URL
// can have. One that is up to the controller may be a pattern.
func checkPath(pathType networkingv1.PathType, path string) error {
	specific := pathType == networkingv1.PathTypeImplementationSpecific
	elements := path
	if pathType == networkingv1.PathTypePrefix {
		elements = strings.TrimRight(path, "/") // as it is written
	}
	switch {
	case path == "" && specific:
		return nil
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("path %q does not begin with a slash", path)
	case strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\x7f' }):
		return fmt.Errorf("path %q has a character that is none of a path's", path)
	case !specific && illegalPath.MatchString(elements):
		return fmt.Errorf("path %q has an empty element, . or .., or %%2f: a request never has such a one; "+
			"write it without", path)
	}
	return nil
}
