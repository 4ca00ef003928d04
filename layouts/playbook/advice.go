package playbook

// An advice is why something is not carried over, and what to do about it.
type advice struct{ why, do string }

// optionOfCluster is why an option is not carried over that says how to reach the cluster.
var optionOfCluster = advice{
	"the kubeconfig says how to reach the cluster, and as whom",
	"write it there; slipway deploy has --kubeconfig and --context",
}

// playAdvice is why other keywords are not carried over, and what to do.
var playAdvice = map[string]advice{
	"vars_prompt": {
		"nobody is there to ask in a pipeline",
		"pass the values with -e",
	},
	"handlers": {
		"nothing is notified",
		"what a change of a ConfigMap restarts, say by an annotation of the pods",
	},
}

// keywordAdvice is why other keywords of carried tasks are not carried over.
var keywordAdvice = map[string]advice{
	"register": {
		"no task comes after a deploy",
		"read slipway's exit status",
	},
	"until":   {why: "slipway waits for rollouts itself"},
	"retries": {why: "slipway retries what passes by itself"},
	"delay":   {why: "slipway retries what passes by itself"},
	"ignore_errors": {
		"slipway reports every object that failed",
		"allow the step of the pipeline to fail",
	},
	"failed_when": {why: "slipway fails when an object does"},
	"notify":      {why: "there are no handlers"},
	"async":       {why: "objects are applied at once where they can be"},
	"poll":        {why: "objects are applied at once where they can be"},
	"throttle":    {why: "objects are applied at once where they can be"},
}

// moduleAdvice is what to do about tasks of other modules.
var moduleAdvice = map[string]advice{
	"k8s_info": {
		"it reads the cluster",
		"slipway waits for rollouts itself; keep what else it is for in the pipeline",
	},
	"k8s_facts": {
		"it reads the cluster",
		"slipway waits for rollouts itself; keep what else it is for in the pipeline",
	},
	"k8s_exec": {
		"it is no object",
		"make it a Job, or keep it in the pipeline",
	},
	"k8s_scale": {
		"it is no object",
		"say replicas in the template, or in an overlay",
	},
	"k8s_rollback": {
		"it is no object",
		"go back to a recorded revision",
	},
	"k8s_json_patch": {
		"it changes an object that is there",
		"write the field into the template, or a patch into an overlay",
	},
	"k8s_drain": {
		"it is about nodes",
		"keep it in the pipeline",
	},
	"helm": {
		"charts are not templates of this layout",
		"keep helm for it, or render the chart once into the service's directory",
	},
	"set_fact": {
		"the value is known only while the playbook runs",
		"write the value into vars.yml, or pass it with -e",
	},
	"include_vars": {
		"its variables are known only when it runs",
		"copy the file as vars.yml, or as that of an environment",
	},
	"shell": {
		"slipway runs no commands",
		"keep it in the pipeline; an object that it applies belongs into a template",
	},
	"command": {
		"slipway runs no commands",
		"keep it in the pipeline; an object that it applies belongs into a template",
	},
	"template": {
		"it writes a file on a host",
		"if it is one of Kubernetes' objects, put the template into the service's directory",
	},
}

// optionAdvice is why other options are not carried over. Their values are never told.
var optionAdvice = map[string]advice{
	"validate": {
		"objects are validated if slipway is told to",
		"render with --validate",
	},
	"wait_condition": {why: "slipway waits until a rollout is complete, by the kind of the object"},
	"force": {
		"objects are applied, never replaced",
		"deploy once with --adopt, to take over the fields",
	},
	"merge_type": {why: "objects are applied by the server, not patched"},
	"validate_certs": {
		"the kubeconfig says whether the server's certificate is checked",
		"give it the cluster's certificate-authority-data",
	},
	"verify_ssl": {
		"the kubeconfig says whether the server's certificate is checked",
		"give it the cluster's certificate-authority-data",
	},
	"label_selectors": {
		"every object of a template is applied",
		"wrap what is not meant in {% if … %}",
	},
	"append_hash": {
		"names do not change",
		"use a configMapGenerator in an overlay",
	},
	"generate_name": {
		"objects that are applied have names",
		"say metadata.name",
	},
	"delete_options": {why: "what no template makes any more is pruned"},
	"delete_all":     {why: "what no template makes any more is pruned"},
	"all":            {why: "what no template makes any more is pruned"},
}
