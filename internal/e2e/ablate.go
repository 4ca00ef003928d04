package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// ablateLoad is the load of one rollout.
const ablateLoad = 30 * time.Second

// A lack is what is left out of the reference tree, or changed in it.
type lack struct {
	name  string
	edits []edit
}

type edit struct{ old, text string }

var (
	oneReplica = edit{"replicas: {{ replicas }}", "replicas: 1"}
	oldFirst   = edit{"maxSurge: 1\n      maxUnavailable: 0", "maxSurge: 0\n      maxUnavailable: 1"}
	noPreStop  = edit{"preStop:\n            sleep:\n              seconds: 10", "{}"}
	drain      = edit{"        ports:\n", "        env: [{name: DRAIN, value: 10s}]\n        ports:\n"}
	noProbe    = edit{"        readinessProbe:\n          httpGet:\n            path: /readyz\n" +
		"            port: http\n          periodSeconds: 2\n", ""}
)

var lacks = []lack{
	{"the tree as it is", nil},
	{"one replica", []edit{oneReplica}},
	{"no preStop", []edit{noPreStop}},
	{"a preStop of 1 s", []edit{{"seconds: 10", "seconds: 1"}}},
	{"no preStop, but the program's own DRAIN of 10 s", []edit{noPreStop, drain}},
	{"no readinessProbe", []edit{noProbe}},
	{"maxUnavailable 1, maxSurge 0", []edit{oldFirst}},
	{"one replica, maxUnavailable 1, maxSurge 0", []edit{oneReplica, oldFirst}},
}

// ablate rolls home under load for each lack, and says how many requests failed.
func ablate(ctx context.Context, s *shop, log io.Writer) error {
	for _, l := range lacks {
		err := s.reset(ctx)
		for _, e := range l.edits {
			err = errors.Join(err, s.edit(e.old, e.text))
		}
		var answers []answer
		if err == nil {
			answers, err = s.rollHome(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		failed := failures(answers)
		fmt.Fprintf(log, "%s: %d of %d requests failed: %s\n",
			l.name, len(failed), len(answers), summarize(failed))
	}
	return nil
}

// rollHome deploys home, and rolls it under load.
func (s *shop) rollHome(ctx context.Context) ([]answer, error) {
	if err := s.pipeline(ctx, "home", "21"); err != nil {
		return nil, err
	}
	if err := s.answers(ctx, "21", "home"); err != nil {
		return nil, err
	}
	load := startLoad(ctx, s.front, loadInterval, "/home")
	err := sleep(ctx, settle)
	if err == nil {
		err = s.pipeline(ctx, "home", "22")
	}
	err = errors.Join(err, sleep(ctx, ablateLoad-time.Since(load.began)))
	return load.end(), err
}
