//! Each bug is caught by the case that is named for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use leyline_testkit::{ManualSubject, Trial, cases, run};

use super::bug::Bug;
use super::store::Broken;
use crate::memory;

/// Runs a case on a store with this bug; it has to panic.
fn check<Ran: Future<Output = ()>>(bug: Bug, case: impl FnOnce(Trial) -> Ran) {
    let make = move || async move {
        let (store, clock) = memory::store();
        ManualSubject::new(Arc::new(Broken::new(store, bug)), clock)
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| run(make, case)));
    assert!(outcome.is_err(), "{bug:?} was not caught");
}

macro_rules! caught {
    ($($bug:ident by $verb:ident::$case:ident)*) => {
        /// One test for each bug, by its name.
        #[expect(non_snake_case, reason = "the tests bear the names of the bugs")]
        mod bug {
            use super::*;
            $(
                #[test]
                fn $bug() {
                    check(Bug::$bug, cases::$verb::$case);
                }
            )*
        }
    };
}

caught! {
    InsertForgetsKeys by insert_once::the_same_key_again_answers_the_first_task
    InsertForgetsKeysOfNobody by insert_once::fifty_callers_with_one_key_and_no_owner_get_one_task
    InsertLooksBeforeItWrites by insert_once::fifty_callers_with_one_key_get_one_task
    InsertIgnoresDigests by insert_once::the_same_key_for_another_request_conflicts
    InsertBendsBadValues by insert_bounds::values_out_of_their_bounds_are_refused
    InsertIgnoresDelays by insert::a_delay_counts_from_the_stores_now
    InsertAnswersBackwards by insert::the_answer_has_one_item_for_each_in_order
    ClaimServesStrangers by claim::a_worker_without_a_row_gets_nothing
    ClaimIgnoresSuspects by suspects::a_claim_takes_at_most_one_suspect
    ClaimIgnoresTheLimit by claim::a_limit_over_several_kinds_takes_the_best_of_all
    ClaimIgnoresSlots by claim::a_kind_gets_no_more_than_its_slots
    ClaimCountsTheFirstWant by claim::a_kind_named_twice_counts_with_its_last_number
    ClaimIgnoresIds by claim::of_named_tasks_only_those_are_taken
    ClaimAnswersBackwards by claim_order::order_is_by_priority_then_run_at_then_id
    ClaimHandsOutTwice by race::sixteen_workers_never_get_a_task_twice
    ClaimForgetsTheProgressBefore by claim::claim_sets_clears_and_keeps_what_the_table_says
    FinishIgnoresTheWorker by fence::another_worker_with_the_same_revision_writes_nothing
    FinishIgnoresTheRevision by fence::the_same_workers_older_claim_writes_nothing
    FinishAnswersById by finish_batch::a_large_batch_is_answered_in_its_order
    FinishFailsWithItsWeakestItem by finish_batch::a_batch_says_which_claims_are_lost
    FinishTakesOldTicks by finish::the_last_progress_is_stored_if_its_tick_is_later
    FinishCountsReleases by finish::release_sets_clears_and_keeps_what_the_table_says
    CheckpointIgnoresTheFence by fence::after_a_requeue_the_claim_writes_nothing
    BeatForgetsStrays by beat::a_claim_whose_reply_was_lost_is_stray_and_can_be_released
    BeatForgetsLosses by beat::the_answer_names_lost_claims
    BeatTakesOldCounters by beat::an_older_counter_never_replaces_a_newer_one
    BeatTakesOldTicks by beat::an_older_tick_never_replaces_a_newer_one
    RescueKillsTheLiving by rescue::a_worker_that_has_just_beaten_is_not_rescued
    RescueIgnoresTheCap by rescue::the_cap_counts_the_rescues_of_a_run
    RescueFreesOnlyTheNamed by rescue::every_task_whose_worker_has_no_row_is_freed
    RescueNeverHasMore by rescue::a_rescue_goes_in_chunks_in_id_order
    RescueFreesBeforeItRemoves by race::a_claim_beside_a_rescue_strands_nothing
    CancelIgnoresExpectations by cancel::cancel_looks_at_the_expected_revision_first
    CancelRefusesTheCancelled by cancel::a_cancelled_task_is_answered_as_it_is
    RequeueIgnoresExpectations by resend::a_requeue_sent_again_begins_no_second_run
    DeleteTakesTheLiving by delete::live_tasks_cant_be_deleted
    PruneIgnoresAges by prune::a_task_is_kept_until_it_is_old_enough
    PruneIgnoresTheLimit by prune::prune_goes_in_chunks
    GetForgetsHistories by finish::retry_sets_clears_and_keeps_what_the_table_says
    GetForgetsCheckpoints by checkpoint::a_checkpoint_changes_only_itself
    GetRoundsTimes by insert::every_field_of_the_request_is_kept
    ListStartsWithTheOldest by list::the_newest_comes_first
    ListNeverEnds by list::pages_hold_every_task_once
    ListIgnoresOwners by list::filters_hold_alone_and_together
    ListIgnoresStatuses by list::filters_hold_alone_and_together
    ChangedSinceIgnoresTicks by changed_since::a_later_tick_is_told
    ChangedSinceIgnoresStatuses by changed_since::another_status_is_told
    ChangedSinceAnswersById by changed_since::the_answer_is_in_the_order_of_the_question
    ChangedSinceForgetsTheGone by changed_since::an_absent_id_is_gone
    WorkersAnswersBackwards by workers::all_rows_come_in_id_order
    WorkersListsTheNewestFirst by workers::what_runs_is_listed_in_id_order
    WorkersListsWhatOthersRun by workers::what_runs_is_listed_in_id_order
    WorkersCountsFromTheFirstAttempt by workers::a_task_runs_since_its_claim
    WorkersIgnoresTheBound by workers::no_more_is_listed_than_was_asked_for
    WorkersCountsWhatItLists by workers::no_more_is_listed_than_was_asked_for
    WorkersListsWhatHasEnded by workers::what_has_ended_leaves_the_list
    StatsIgnoresTheWindow by stats::ended_tasks_are_counted_within_the_window
    StatsForgetsTheOldestDue by stats::oldest_due_is_the_task_due_for_longest
    StatsTellsTheTimeOfTheWindow by stats::the_answer_tells_the_stores_time
    WakesNobody by wakeups::an_insert_wakes
    AnnouncedWakesNobody by wakeups::an_announced_task_wakes
}
