/**
 * Pushes the image with the credentials "registry". They are kept apart from those of
 * other builds, and go when the step ends; the password is on no command line.
 */
def call(String imageid) {
    withCredentials([usernamePassword(
            credentialsId: 'registry', usernameVariable: 'REGISTRY_USER', passwordVariable: 'REGISTRY_PASSWORD')]) {
        withvalues(IMAGE_ID: imageid) {
            sh '''
                set +x
                export DOCKER_CONFIG="$WORKSPACE_TMP/docker"
                trap 'rm -rf "$DOCKER_CONFIG"' EXIT
                registry="${IMAGE_ID%%/*}"
                printf %s "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USER" --password-stdin "$registry"
                docker push "$IMAGE_ID"
            '''
        }
    }
}
