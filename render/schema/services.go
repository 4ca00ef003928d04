package schema

import (
	"k8s.io/apimachinery/pkg/util/validation"
)

func checkService(p place) {
	if len(p.at("selector").fields()) > 0 && p.at("type").text() != "ExternalName" {
		p.selecting = append(p.selecting, p)
	}
	ports := p.at("ports").items()
	checkNames(ports)
	for _, port := range ports {
		name := port.at("name")
		switch {
		case name.text() != "":
			name.failName(name.text(), validation.IsDNS1123Label(name.text()))
		case len(ports) > 1:
			port.fail("a name is missing: there is more than one port")
		}
	}
}

func checkServicePort(p place) {
	checkPort(p.at("port"))
	checkPort(p.at("targetPort"))
	if n, _ := p.at("nodePort").number(); n != 0 {
		checkPort(p.at("nodePort"))
	}
}

func checkBackendPort(p place) {
	checkPort(p.at("number"))
	switch number, _ := p.at("number").number(); {
	case number != 0 && p.at("name").text() != "":
		p.fail("has a name and a number: keep one")
	case p.at("number").value == nil && p.at("name").text() == "":
		p.fail("has neither a name nor a number")
	}
}
