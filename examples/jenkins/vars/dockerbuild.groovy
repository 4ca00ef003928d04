/** Builds the image of the checked out service, and calls it imageid. */
def call(String imageid) {
    withvalues(IMAGE_ID: imageid) {
        sh 'docker build --pull --tag "$IMAGE_ID" .'
    }
}
