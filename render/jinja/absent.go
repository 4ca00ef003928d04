package jinja

import "slices"

// reasons are why names that Ansible knows are not here, and what to do instead.
var reasons = []struct {
	names []string
	why   string
}{
	{[]string{"now", "strftime", "to_datetime"},
		"it depends on the clock or its zone: pass the time as a value"},
	{[]string{"random", "shuffle", "lipsum", "password_hash", "vault", "password", "random_choice"},
		"it depends on randomness: pass what it made once as a value"},
	{[]string{"realpath", "expanduser", "expandvars", "fileglob", "unvault", "first_found", "config", "pipe",
		"lines", "directory", "is_dir", "file", "is_file", "link", "is_link", "exists", "link_exists",
		"mount", "is_mount", "same_file", "is_same_file", "inventory_hostnames"},
		"it depends on the machine: pass what it says as a value"},
	{[]string{"url", "k8s"}, "it asks the network: pass what that says as a value"},
	{[]string{"ini", "csvfile", "urlize", "xmlattr", "rekey_on_member", "win_basename", "win_dirname",
		"win_splitdrive"},
		"templates of Kubernetes objects do without: pass what it makes as a value"},
	{[]string{"json_query", "ipaddr", "ipv4", "ipv6", "ipwrap", "k8s_config_resource_name"},
		"it is of a collection: use map, selectattr and the like, or pass what it makes as a value"},
}

// absent returns why there is no filter, test, lookup or function of a name; "" if Ansible has
// none, either.
func absent(name string) string {
	for _, r := range reasons {
		if slices.Contains(r.names, name) {
			return r.why
		}
	}
	return ""
}

// unknownName ends the run because of a name of a kind that is not there.
func (r *run) unknownName(kind, name, hint string) any {
	if why := absent(shortName(name)); why != "" {
		return r.failf("no %s is called %q here: %s", kind, name, why)
	}
	return r.failf("no %s is called %q%s", kind, name, hint)
}
