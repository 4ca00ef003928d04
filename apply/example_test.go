package apply_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/slipway-go/slipway/apply"
)

// A tool of one's own shows what would change, and applies it.
func ExampleApplier_Plan() {
	deploy := func(ctx context.Context, cluster *rest.Config, objs []*unstructured.Unstructured) error {
		applier, err := apply.New(cluster, apply.Options{Namespace: "shop"})
		if err != nil {
			return err
		}
		plan, err := applier.Plan(ctx, objs)
		if err != nil {
			return err
		}
		for _, change := range plan.Changes {
			fmt.Println(change.Action, change.Ref)
			for _, field := range change.Fields {
				fmt.Println("  ", field)
			}
		}
		result, err := applier.Apply(ctx, objs)
		log.Print(result)
		return err
	}
	_ = deploy
}

// Errors are told apart by their types.
func ExampleConflictError() {
	err := error(&apply.ObjectError{
		Ref:    apply.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "home"},
		Source: "shop/home/deployment.yml:1",
		Err: &apply.ConflictError{Fields: []apply.FieldConflict{
			{Field: ".spec.paused", Manager: "OpenAPI-Generator"},
		}},
	})
	var conflict *apply.ConflictError
	if errors.As(err, &conflict) {
		fmt.Println(conflict.Fields[0].Manager)
	}
	fmt.Println(err)
	// Output:
	// OpenAPI-Generator
	// shop/home/deployment.yml:1: Deployment shop/home: conflict: .spec.paused belongs to OpenAPI-Generator: take the field out of the template, or adopt OpenAPI-Generator
}

func ExampleResult_String() {
	result := &apply.Result{Changes: []apply.Change{
		{Action: apply.Created}, {Action: apply.Unchanged}, {Action: apply.Created},
	}}
	fmt.Println(result, result.Changed())
	// Output: 2 created, 1 unchanged true
}
