// Runs a Jenkinsfile, or a line of one, with the shared library, outside of Jenkins:
//
//     groovy harness.groovy VARS_DIRECTORY SCRIPT RECORD
//
// Steps do what they do in Jenkins as far as the library uses them, and are written down,
// one JSON object on a line of RECORD: sh runs /bin/sh -xe, withEnv replaces variables in
// its values, checkout clones, archiveArtifacts says whether a file is there. Credentials come from variables CREDENTIAL_<id>.
import groovy.json.JsonOutput

class Steps {
    File record, dir
    Map<String, String> env

    void note(String step, Map what) { record << JsonOutput.toJson([step: step, dir: dir.path] + what) + '\n' }

    void sh(String script) {
        note('sh', [script: script])
        run(['/bin/sh', '-xe', '-c', script])
    }

    void run(List<String> command) {
        def builder = new ProcessBuilder(command).directory(dir).redirectErrorStream(true)
        builder.environment().clear()
        builder.environment().putAll(env)
        def process = builder.start()
        process.inputStream.eachLine { System.err.println it }
        if (process.waitFor() != 0) {
            throw new IllegalStateException("script returned exit code ${process.exitValue()}")
        }
    }

    // As hudson.EnvVars.overrideExpandingAll does.
    void withEnv(List<String> pairs, Closure body) {
        inside(pairs.collectEntries { pair ->
            def (name, value) = pair.split('=', 2)
            [name, value.replaceAll(/\$(\$|[A-Za-z0-9_]+|\{[A-Za-z0-9_.]+\})/) { all, key ->
                key == '$' ? '$' : env.getOrDefault(key.replaceAll(/[{}]/, ''), all)
            }]
        }, body)
    }

    void withCredentials(List<Map> bindings, Closure body) {
        def values = [:]
        bindings.each { b ->
            note('withCredentials', b)
            def secret = env["CREDENTIAL_${b.credentialsId}".toString()]
            if (secret == null) {
                throw new IllegalStateException("no credentials ${b.credentialsId}")
            }
            if (b.kind == 'file') {
                values[b.variable] = secret
            } else {
                def (user, password) = secret.split(':', 2)
                values += [(b.usernameVariable): user, (b.passwordVariable): password]
            }
        }
        inside(values, body)
    }

    void inside(Map values, Closure body) {
        def before = env
        env = env + values
        try { body() } finally { env = before }
    }

    void dir(String path, Closure body) {
        def before = dir
        dir = path.startsWith('/') ? new File(path) : new File(dir, path)
        dir.mkdirs()
        try { body() } finally { dir = before }
    }

    void archiveArtifacts(Map what) {
        def there = new File(dir, what.artifacts).file
        note('archiveArtifacts', what + [there: there])
        if (!there && !what.allowEmptyArchive) {
            throw new IllegalStateException("no artifacts found that match ${what.artifacts}")
        }
    }

    void checkout(Map scm) {
        note('checkout', [scm: scm])
        run(['git', 'clone', '-q', '--branch', scm.branches[0].name, scm.userRemoteConfigs[0].url, '.'])
    }
}

// What stands in environment { } are variables of the build, and of the script.
class Environment {
    Steps steps
    Binding binding

    void setProperty(String name, Object value) {
        steps.env = steps.env + [(name): value.toString()]
        binding.setVariable(name, value.toString())
    }

    Object getProperty(String name) { binding.getVariable(name) }
}

def (vars, script, record) = args.collect { new File(it) }
def steps = new Steps(record: record, dir: new File('.').canonicalFile, env: new HashMap(System.getenv()))
def binding = new Binding()
['sh', 'withEnv', 'withCredentials', 'dir', 'checkout', 'archiveArtifacts'].each { binding.setVariable(it, steps.&"$it") }
binding.setVariable('file', { Map m -> m + [kind: 'file'] })
binding.setVariable('usernamePassword', { Map m -> m + [kind: 'usernamePassword'] })
binding.setVariable('error', { String message -> throw new IllegalStateException(message) })
binding.setVariable('env', steps.env)
binding.setVariable('any', 'any')
binding.setVariable('agent', { label -> steps.note('agent', [label: label]) })
['pipeline', 'stages', 'steps'].each { binding.setVariable(it, { Closure body -> body() }) }
binding.setVariable('stage', { String name, Closure body -> steps.note('stage', [name: name]); body() })
binding.setVariable('environment', { Closure body ->
    body.delegate = new Environment(steps: steps, binding: binding)
    body.resolveStrategy = Closure.DELEGATE_FIRST
    body()
})

def loader = new GroovyClassLoader(this.class.classLoader)
loader.parseClass('@interface Library { String value() }')
def shell = new GroovyShell(loader, binding)
vars.listFiles().findAll { it.name.endsWith('.groovy') }.each {
    binding.setVariable(it.name - '.groovy', shell.parse(it).&call)
}
try {
    shell.evaluate(script.text, 'Jenkinsfile')
} catch (IllegalStateException e) {
    System.err.println "ERROR: ${e.message}"
    System.exit(1)
}
