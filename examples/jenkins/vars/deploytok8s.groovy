/**
 * Deploys the image as the service of the app, by the tree k8s/ in the current directory,
 * to the cluster of the credentials "kubeconfig".
 *
 * What it did, or why it failed, is deploy.html among the build's artifacts.
 *
 * The build number keeps an older build from replacing a newer one's routes. exec hands
 * an aborted build's signal to slipway, which then stops before its next request.
 */
def call(String imageid, String app, String service) {
    withCredentials([file(credentialsId: 'kubeconfig', variable: 'KUBECONFIG')]) {
        withvalues(IMAGE_ID: imageid, APP: app, SERVICE: service) {
            try {
                sh '''
                    commit="$(git rev-parse HEAD)"
                    exec slipway deploy --root k8s --app "$APP" --service "$SERVICE" \\
                        --set "image_id=$IMAGE_ID" --sequence "$BUILD_NUMBER" --commit "$commit" --user "$BUILD_TAG" \\
                        --report deploy.html
                '''
            } finally {
                archiveArtifacts(artifacts: 'deploy.html', allowEmptyArchive: true)
            }
        }
    }
}
