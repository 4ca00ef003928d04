package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How hard the shop is tried.
const (
	loadRate     = 200              // requests a second
	rollLoad     = 60 * time.Second // with the rollout of all services in it
	settle       = 5 * time.Second  // load before and after what is done under it
	probeEvery   = 20 * time.Millisecond
	rounds       = 20 // of four pipelines at once
	loadInterval = time.Second / loadRate
)

// A phase is a part of the scenario, and what came of it.
type phase struct {
	Name    string
	Picture string // the name of its picture, if it gets one
	Took    time.Duration
	Answers []answer
	Failed  []answer // of Answers, those that are against what is promised
	Marks   []mark   // for the picture
	Notes   []string
	Err     error
}

// A mark is a moment of a phase.
type mark struct {
	At   time.Duration
	What string
}

// A step runs a phase.
type step struct {
	name    string
	picture string
	run     func(context.Context, *shop, *phase) error
}

// scenario is the article's story: the shop opens, grows, and is changed under load.
var scenario = []step{
	{"opens with home, kids and mens, version 21", "", open},
	{"adds ladies by one new directory", "", grow},
	{"rolls all services to 22 under load", "rollout", roll},
	{"rolls out a broken image under load", "broken", breakHome},
	{"removes mens under load", "", closeMens},
	{"runs four pipelines at once, 20 times", "", race},
}

// play runs steps until one fails.
func play(ctx context.Context, s *shop, steps []step, log io.Writer) ([]*phase, error) {
	var phases []*phase
	for _, step := range steps {
		p := &phase{Name: step.name, Picture: step.picture}
		phases = append(phases, p)
		began := time.Now()
		p.Err = step.run(ctx, s, p)
		p.Took = time.Since(began)
		if p.Err == nil && len(p.Failed) > 0 {
			p.Err = fmt.Errorf("%d of %d requests failed: %s",
				len(p.Failed), len(p.Answers), summarize(p.Failed))
		}
		fmt.Fprintf(log, "%s: %s, %d requests, %d failed\n",
			p.Name, p.Took.Round(time.Second), len(p.Answers), len(p.Failed))
		for _, note := range p.Notes {
			fmt.Fprintf(log, "  %s\n", note)
		}
		if p.Err != nil {
			return phases, fmt.Errorf("%s: %w", p.Name, p.Err)
		}
	}
	return phases, nil
}

// open deploys the first three, one after the other, to a cluster that has nothing.
func open(ctx context.Context, s *shop, _ *phase) error {
	for _, section := range sections[:3] {
		if err := s.pipeline(ctx, section, "21"); err != nil {
			return err
		}
	}
	return s.answers(ctx, "21", sections[:3]...)
}

// grow adds ladies while the others are looked at.
func grow(ctx context.Context, s *shop, p *phase) error {
	probe := startLoad(ctx, s.front, probeEvery, paths(sections[:3]...)...)
	err := s.addLadies()
	if err == nil {
		err = s.pipeline(ctx, "ladies", "21")
	}
	if err == nil {
		err = s.answers(ctx, "21", "ladies")
	}
	p.Answers = probe.end()
	p.Failed = failures(p.Answers)
	return err
}

// roll deploys the next version of all services at once, in the middle of the load.
func roll(ctx context.Context, s *shop, p *phase) error {
	load := startLoad(ctx, s.front, loadInterval, paths(sections...)...)
	err := sleep(ctx, settle)
	p.mark(load, "deploy")
	if err == nil {
		err = s.pipelines(ctx, "22", sections...)
	}
	p.mark(load, "deployed")
	if err == nil {
		err = sleep(ctx, max(rollLoad-time.Since(load.began), 4*settle)) // the old pods' end, too
	}
	p.Answers = load.end()
	p.Failed = failures(p.Answers)
	if err != nil {
		return err
	}
	return p.checkRolled()
}

// checkRolled checks that both versions answered, and in the end the new one alone.
func (p *phase) checkRolled() error {
	versions := map[string]int{}
	var last, end time.Duration
	for _, a := range sorted(p.Answers) {
		versions[a.Version]++
		if end = a.At; a.Version == "21" {
			last = a.At
		}
	}
	p.note("%d answers by 21, %d by 22; the last by 21 after %.1f s",
		versions["21"], versions["22"], last.Seconds())
	if versions["21"] == 0 || versions["22"] == 0 || last > end-settle {
		return errors.New("the rollout did not take place under the load")
	}
	return nil
}

// breakHome deploys what cannot run. The deploy says so in the pod's own words, and undoes
// itself.
func breakHome(ctx context.Context, s *shop, p *phase) error {
	load := startLoad(ctx, s.front, loadInterval, paths(sections...)...)
	err := sleep(ctx, settle)
	p.mark(load, "deploy")
	var failure error
	if err == nil {
		failure = s.pipeline(ctx, "home", "broken")
	}
	p.mark(load, "undone")
	err = errors.Join(err, sleep(ctx, settle))
	p.Answers = load.end()
	p.Failed = failures(p.Answers)
	if err != nil {
		return err
	}
	if failure == nil {
		return errors.New("the broken release was deployed")
	}
	if !strings.Contains(failure.Error(), "cannot find its catalogue") {
		return fmt.Errorf("the deploy does not say why the release is broken: %w", failure)
	}
	p.note("the deploy said: %s", failure)
	image, err := s.image(ctx, "home")
	if err == nil && image != s.images["home:22"] {
		err = fmt.Errorf("home runs %s, want it undone to %s", image, s.images["home:22"])
	}
	return err
}

// closeMens removes a section. Its path is answered well until it is not there at all.
func closeMens(ctx context.Context, s *shop, p *phase) error {
	load := startLoad(ctx, s.front, loadInterval, paths(sections...)...)
	err := sleep(ctx, settle)
	p.mark(load, "remove")
	if err == nil {
		err = s.remove(ctx, "mens")
	}
	p.mark(load, "removed")
	err = errors.Join(err, sleep(ctx, settle))
	p.Answers = load.end()
	gone := time.Duration(-1)
	for _, a := range sorted(p.Answers) {
		switch {
		case a.Path == "/mens" && a.Status == http.StatusNotFound:
			if gone < 0 {
				gone = a.At
			}
		case !a.ok():
			p.Failed = append(p.Failed, a)
		}
	}
	if err != nil {
		return err
	}
	if gone < p.Marks[0].At || gone > p.Marks[1].At {
		return fmt.Errorf("/mens is first not found after %s, want it while it is removed", gone)
	}
	p.note("/mens is not found from %.1f s on, its pods go after %.1f s",
		gone.Seconds(), p.Marks[1].At.Seconds())
	return nil
}

// race runs four pipelines at once, again and again. Each is a new build, which is written
// to the Ingress that all share; some of them bring the other version, and roll the pods.
func race(ctx context.Context, s *shop, p *phase) error {
	if err := s.pipeline(ctx, "mens", "22"); err != nil {
		return err
	}
	if err := s.answers(ctx, "22", sections...); err != nil {
		return err
	}
	probe := startLoad(ctx, s.front, probeEvery/time.Duration(len(sections)), paths(sections...)...)
	var err error
	rolled := 0
	for i := 0; i < rounds && err == nil; i++ {
		if i%s.rollEvery == 0 {
			rolled++
		}
		p.mark(probe, strconv.Itoa(i+1))
		err = s.pipelines(ctx, []string{"22", "21"}[rolled%2], sections...)
	}
	p.note("%d pipelines, of which %d rolled their pods", rounds*len(sections), rolled*len(sections))
	err = errors.Join(err, sleep(ctx, settle))
	p.Answers = probe.end()
	p.Failed = failures(p.Answers)
	return err
}

func (p *phase) mark(l *load, what string) {
	p.Marks = append(p.Marks, mark{time.Since(l.began), what})
}

func (p *phase) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
