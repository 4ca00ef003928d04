/**
 * Runs body with values in its environment, each exactly as it is. A script that uses
 * "$NAME" then gets them past Groovy and the shell: nothing in them is a command.
 *
 * withEnv alone replaces dollars by other variables; a doubled dollar is one.
 */
def call(Map values, Closure body) {
    def pairs = []
    for (value in values) {
        pairs << value.key + '=' + value.value.replace('$', '$$')
    }
    withEnv(pairs, body)
}
