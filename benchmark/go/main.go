// The closure shapes of ../closures.mjs, ../waiting.mjs and ../multi-pool.mjs in Go: with ants, and with nothing but goroutines.
//
// Started as `bench <case> <tasks of a run> <tasks to warm up> <tasks to time>`; prints one line of JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/panjf2000/ants/v2"
)

const (
	limit = 100
	pools = 4
	size  = 64
)

var done atomic.Int64

// run has its tasks done, all submitted as fast as it can, and comes back when they are.
type run func(tasks int)

var cases = map[string]func() run{
	// As bare promises: no limit.
	"goroutines": func() run {
		return func(tasks int) {
			var all sync.WaitGroup
			all.Add(tasks)
			for i := 0; i < tasks; i++ {
				go func() {
					done.Add(1)
					all.Done()
				}()
			}
			all.Wait()
		}
	},
	// The idiom for a limit: the submitter blocks until there is room.
	"goroutines, semaphore": func() run {
		return func(tasks int) {
			var all sync.WaitGroup
			all.Add(tasks)
			room := make(chan struct{}, limit)
			for i := 0; i < tasks; i++ {
				room <- struct{}{}
				go func() {
					done.Add(1)
					<-room
					all.Done()
				}()
			}
			all.Wait()
		}
	},
	// The same, but what finds no room waits in a goroutine of its own, as promises do.
	"goroutines, one each": func() run {
		return func(tasks int) {
			var all sync.WaitGroup
			all.Add(tasks)
			room := make(chan struct{}, limit)
			for i := 0; i < tasks; i++ {
				go func() {
					room <- struct{}{}
					done.Add(1)
					<-room
					all.Done()
				}()
			}
			all.Wait()
		}
	},
	"ants": func() run {
		return func(tasks int) {
			pool, err := ants.NewPool(limit)
			check(err)
			submitAll(tasks, pool.Submit)
			pool.Release()
		}
	},
	// Each is submitted by a goroutine of its own, which waits if there is no room.
	"ants, one each": func() run {
		return func(tasks int) {
			pool, err := ants.NewPool(limit)
			check(err)
			var all sync.WaitGroup
			all.Add(tasks)
			task := func() {
				done.Add(1)
				all.Done()
			}
			for i := 0; i < tasks; i++ {
				go func() { check(pool.Submit(task)) }()
			}
			all.Wait()
			pool.Release()
		}
	},
	"ants, 4 pools of 64": func() run {
		return func(tasks int) {
			pool, err := ants.NewMultiPool(pools, size, ants.RoundRobin)
			check(err)
			submitAll(tasks, pool.Submit)
			check(pool.ReleaseTimeout(5 * time.Second))
		}
	},
}

func submitAll(tasks int, submit func(func()) error) {
	var all sync.WaitGroup
	all.Add(tasks)
	task := func() {
		done.Add(1)
		all.Done()
	}
	for i := 0; i < tasks; i++ {
		check(submit(task))
	}
	all.Wait()
}

func main() {
	prepare, known := cases[os.Args[1]]
	if !known {
		check(fmt.Errorf("no case %q", os.Args[1]))
	}
	tasks, warmup, timed := number(2), number(3), number(4)
	run := prepare()
	for left := warmup; left > 0; left -= tasks {
		run(tasks)
	}
	done.Store(0)
	cpuBefore := cpu()
	began := time.Now()
	runs := max(1, timed/tasks)
	for i := 0; i < runs; i++ {
		run(tasks)
	}
	passed := time.Since(began)
	used := cpu() - cpuBefore
	if done.Load() != int64(runs*tasks) {
		check(fmt.Errorf("%d tasks done instead of %d", done.Load(), runs*tasks))
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"meanNs":    float64(passed.Nanoseconds()) / float64(runs*tasks),
		"cpuNs":     float64(used.Nanoseconds()) / float64(runs*tasks),
		"peakRssMb": peakRssMb(),
	}))
}

func cpu() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The mark of rusage survives exec on Linux: it would be that of whoever started this.
func peakRssMb() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for _, line := range strings.Split(string(status), "\n") {
			if value, found := strings.CutPrefix(line, "VmHWM:"); found {
				kb, err := strconv.Atoi(strings.Fields(value)[0])
				check(err)
				return float64(kb) / 1024
			}
		}
	}
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Maxrss) / (1 << 20)
}

func number(argument int) int {
	value, err := strconv.Atoi(os.Args[argument])
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
