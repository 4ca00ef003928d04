package values_test

import (
	"fmt"

	"github.com/slipway-go/slipway/render/values"
)

// Later flags win, in the order of the fields; each value knows which one set it.
func ExampleParse() {
	given, err := values.Parse(values.Args{
		Extra: []string{"image_id=repo/home:21 replicas=2"},
		Set:   []string{"replicas=3,hosts[0]=shop.example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(given.Values)
	fmt.Println(given.Origins["replicas"])
	// Output:
	// map[hosts:[shop.example.com] image_id:repo/home:21 replicas:3]
	// --set
}
