/**
 * Checks out the branch of the repository, into the current directory, with the
 * credentials "git".
 */
def call(Map args) {
    for (name in ['branch', 'repoUrl']) {
        if (!args[name]) {
            error "gitcheckout: no ${name}: say gitcheckout(branch: 'main', repoUrl: 'https://…')"
        }
    }
    checkout([
        $class           : 'GitSCM',
        branches         : [[name: args.branch]],
        userRemoteConfigs: [[credentialsId: 'git', url: args.repoUrl]],
    ])
}
