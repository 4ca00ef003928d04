package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	storagehelpers "k8s.io/component-helpers/storage/volume"
)

// provisioner is the name of what makes volumes here. To Kubernetes it is one of the
// many that are not its own.
const provisioner = "volumes.slipway.test"

// newStorageClass returns the class of claims that name none, so that a
// StatefulSet's claims are bound.
func newStorageClass() *storagev1.StorageClass {
	return &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "standard",
			Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		Provisioner: provisioner,
	}
}

// volumes makes a volume, with nothing behind it, for every claim that waits for
// one of ours, and deletes it when the claim is gone. Kubernetes does the rest.
type volumes struct {
	client  kubernetes.Interface
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
}

func (v *volumes) syncClaim(ctx context.Context, name cache.ObjectName) (time.Duration, error) {
	claim, err := v.claims.PersistentVolumeClaims(name.Namespace).Get(name.Name)
	switch {
	case apierrors.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, err
	case claim.Spec.VolumeName != "",
		claim.Annotations[storagehelpers.AnnStorageProvisioner] != provisioner:
		return 0, nil
	}
	volumes := v.client.CoreV1().PersistentVolumes()
	_, err = volumes.Create(ctx, newVolume(claim), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return 0, nil
	}
	return 0, err
}

func (v *volumes) syncVolume(ctx context.Context, name cache.ObjectName) (time.Duration, error) {
	volume, err := v.volumes.Get(name.Name)
	switch {
	case apierrors.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, err
	case volume.Status.Phase != corev1.VolumeReleased, volume.DeletionTimestamp != nil,
		volume.Annotations[storagehelpers.AnnDynamicallyProvisioned] != provisioner:
		return 0, nil
	}
	err = v.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	return 0, err
}

// newVolume returns a volume that only claim can be bound to.
func newVolume(claim *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "pvc-" + string(claim.UID),
			Annotations: map[string]string{storagehelpers.AnnDynamicallyProvisioned: provisioner},
		},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:    claim.Spec.Resources.Requests,
			AccessModes: claim.Spec.AccessModes,
			ClaimRef: &corev1.ObjectReference{
				Kind: "PersistentVolumeClaim", APIVersion: "v1",
				Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				CSI: &corev1.CSIPersistentVolumeSource{Driver: provisioner, VolumeHandle: string(claim.UID)},
			},
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			StorageClassName:              *claim.Spec.StorageClassName,
			VolumeMode:                    claim.Spec.VolumeMode,
		},
	}
}
