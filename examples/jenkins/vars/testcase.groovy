/** Runs the service's tests: the stage of its Dockerfile that is called test. */
def call() {
    sh 'docker build --target test .'
}
