//! Claiming: what to ask for, and what to do with the answer.

use std::sync::Arc;

use tracing::{Instrument as _, debug, info, warn};

use super::Engine;
use super::engine::State;
use super::execute::{Attempt, supervise};
use super::held::Entry;
use crate::causes::Causes;
use crate::context::{ProgressCell, ProgressHandle, Slots};
use crate::event::TaskEvent;
use crate::metrics;
use crate::status::Verb;
use crate::store::{ClaimRequest, Claimed, Finish, Outcome, Want};
use crate::task::Claim;

impl Engine {
    /// What to ask for now; `None` where there is no room or no lease.
    ///
    /// A slot is free when its finish is submitted, so that finish and refill travel together; finishes in flight are
    /// bounded by as many again as there are slots.
    pub(super) fn claim_request(&self) -> Option<ClaimRequest> {
        if !self.may_claim() {
            return None;
        }
        let room = (2 * self.slots.total()).saturating_sub(self.state().held.len());
        let limit = self.slots.free().min(room);
        let wants: Vec<Want> = self
            .config
            .kinds
            .iter()
            .filter_map(|(kind, registered)| {
                let most = registered.options.concurrency.unwrap_or(usize::MAX);
                let slots = most.saturating_sub(self.slots.taken_by(kind)).min(limit);
                (slots > 0).then(|| Want {
                    kind: kind.clone(),
                    slots: slots as u32,
                })
            })
            .collect();
        if limit == 0 || wants.is_empty() {
            return None;
        }
        Some(ClaimRequest {
            worker: self.worker(),
            limit: limit as u32,
            wants,
            suspects: u32::from(self.slots.suspects() == 0),
            max_rescues: self.config.options.max_rescues,
            ids: Vec::new(),
        })
    }

    /// One call of the store, and the start of what it gave. Says whether the call failed.
    pub(super) async fn claim(self: &Arc<Self>, request: ClaimRequest) -> bool {
        self.state().held.claim_begins();
        let answer = self.call("claim", self.config.store.claim(&request)).await;
        let failed = answer.is_err();
        match answer {
            Ok(claimed) => {
                let full = |want: &Want| {
                    claimed
                        .iter()
                        .filter(|claimed| claimed.task.kind == want.kind)
                        .count()
                        >= want.slots as usize
                };
                if claimed.len() >= request.limit as usize || request.wants.iter().any(full) {
                    self.make_hungry();
                }
                for claimed in claimed {
                    self.start(claimed, &request);
                }
            }
            Err(error) => {
                warn!(error = %Causes(&error), "a claim failed; what it may have taken is named by a beat and given back");
                self.make_hungry();
            }
        }
        self.state().held.claim_ends();
        self.release_strays();
        failed
    }

    /// Begins the execution of a claimed task.
    fn start(self: &Arc<Self>, claimed: Claimed, request: &ClaimRequest) {
        let Claimed {
            task,
            previous_progress,
        } = claimed;
        let claim = Claim {
            id: task.id,
            revision: task.revision,
            worker: request.worker,
        };
        let registered = self.config.kinds.get(&task.kind).cloned();
        let Some(registered) = registered.filter(|_| !self.stopping.is_cancelled()) else {
            // Claimed while the worker was told to stop: given back at once.
            return self.give_back(claim);
        };
        let waited = self.config.env.now().duration_since(task.run_at);
        metrics::waited(&task.kind, waited.as_secs_f64());
        metrics::transition(Verb::Claim, &task.kind);
        let suspect = task.is_suspect(self.config.options.max_rescues);
        let span = tracing::info_span!(
            "task", id = %task.id, kind = %task.kind, attempt = task.attempt, revision = task.revision,
            traceparent = task.trace_context
        );
        span.in_scope(|| {
            if suspect {
                info!("runs as a suspect, alone");
            } else {
                debug!("claimed");
            }
        });
        let cell = ProgressCell::new(task.id, task.revision, Arc::clone(&self.board));
        let attempt = Attempt {
            slot: Slots::take(&self.slots, &task.kind, suspect),
            progress: ProgressHandle::new(Arc::clone(&cell)),
            lost: self.ended.child_token(),
            task,
            claim,
            previous_progress,
            registered,
        };
        // Held before it runs, and under one lock with the handle that stops it.
        let mut state = self.state();
        self.hold(&mut state, &attempt, cell);
        let supervisor = self
            .supervisors
            .spawn(supervise(Arc::clone(self), attempt).instrument(span));
        if let Some(entry) = state.held.claim_mut(claim.id, claim.revision) {
            entry.supervisor = Some(supervisor.abort_handle());
        }
    }

    /// Enters the claim among those that are held, and tells of it.
    fn hold(&self, state: &mut State, attempt: &Attempt, cell: Arc<ProgressCell>) {
        let Claim { id, revision, .. } = attempt.claim;
        let event = TaskEvent::of(&attempt.task);
        // A held claim of a higher revision is of a history that the database has forgotten: so is what the hub knows.
        let anew = state.held.get(id).is_some_and(|held| held.revision >= revision);
        let publisher = &self.config.publisher;
        let hold = publisher.hub().hold(&event, attempt.lost.clone(), anew);
        publisher.publish_remote(&event);
        let entry = Entry {
            revision,
            event,
            cell,
            lost: attempt.lost.clone(),
            supervisor: None,
            finishing: false,
            stored_tick: 0,
            _hold: hold,
        };
        if let Some(old) = state.held.insert(id, entry) {
            // Requeued before its end was known here, or the database went back in time: the old execution is void.
            warn!(%id, old = old.revision, new = revision, "claimed a task that is held already");
            old.cell.close();
            if let Some(supervisor) = &old.supervisor {
                supervisor.abort();
            }
        }
    }

    fn give_back(&self, claim: Claim) {
        self.submit(Finish {
            claim,
            outcome: Outcome::Release,
            progress: None,
        });
    }

    /// Gives back the strays that can be judged.
    pub(super) fn release_strays(&self) {
        let (strays, worker) = {
            let mut state = self.state();
            (state.held.take_strays(), state.worker)
        };
        for stray in strays {
            warn!(id = %stray.id, revision = stray.revision, "gives back a claim whose reply was lost");
            metrics::stray();
            self.give_back(Claim {
                id: stray.id,
                revision: stray.revision,
                worker,
            });
        }
    }
}
