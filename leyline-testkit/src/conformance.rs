//! The suite as a macro.

/// Makes one test of each case for the store that `make` makes: a path to an
/// `async fn make() -> impl `[`Subject`](crate::Subject).
///
/// The tests stand in modules named by the verb, so that a failure reads `claim::order_is_by_priority_then_run_at_then_id`.
/// Use it once in a module, as often as there are modules.
#[macro_export]
macro_rules! conformance {
    ($make:path) => {
        async fn leyline_conformance_subject() -> impl $crate::Subject {
            $make().await
        }
        $crate::conformance_tests! {
            insert {
                a_new_task_is_pending_at_revision_one
                every_field_of_the_request_is_kept
                a_delay_counts_from_the_stores_now
                unicode_comes_back_as_it_was
                json_comes_back_as_the_text_it_was
                sixty_four_kib_of_params_are_kept
                the_answer_has_one_item_for_each_in_order
            }
            insert_once {
                the_same_id_again_answers_the_row_that_is_there
                the_same_id_for_another_request_conflicts
                the_same_key_again_answers_the_first_task
                a_key_is_remembered_after_the_end
                the_same_key_for_another_request_conflicts
                the_keys_of_two_owners_do_not_meet
                keys_that_look_alike_are_not_the_same
                tasks_without_a_key_are_all_new
                a_batch_that_names_a_key_twice_inserts_one
                a_batch_that_names_an_id_twice_inserts_one
                fifty_callers_with_one_key_get_one_task
                fifty_callers_with_one_key_and_no_owner_get_one_task
                fifty_callers_with_one_id_make_one_task
                of_two_requests_under_one_key_one_wins
            }
            insert_bounds {
                values_at_their_bounds_are_kept
                nul_is_refused_before_any_store
                values_out_of_their_bounds_are_refused
                an_id_that_is_there_does_not_excuse_a_bad_value
                an_item_that_errs_changes_nothing_for_its_neighbours
            }
            claim {
                claim_sets_clears_and_keeps_what_the_table_says
                the_first_claim_of_a_run_sets_started_at
                only_pending_tasks_are_handed_out
                a_task_is_not_handed_out_before_it_is_due
                delayed_tasks_hold_nobody_up
                a_worker_without_a_row_gets_nothing
                only_wanted_kinds_are_taken
                a_kind_gets_no_more_than_its_slots
                a_limit_over_several_kinds_takes_the_best_of_all
                a_limit_of_zero_takes_nothing
                a_kind_named_twice_counts_with_its_last_number
                of_named_tasks_only_those_are_taken
                a_large_batch_is_claimed_at_once
                a_second_run_starts_its_times_anew
            }
            claim_order {
                order_is_by_priority_then_run_at_then_id
                a_higher_priority_goes_first
                an_earlier_run_at_goes_before_a_lower_id
                of_one_run_at_the_lower_id_goes_first
                a_released_task_keeps_its_place
            }
            suspects {
                a_claim_takes_at_most_one_suspect
                who_asks_for_no_suspect_gets_none
                a_suspect_passed_over_takes_no_place
                one_suspect_over_several_kinds
                who_is_a_suspect_depends_on_the_cap
            }
            finish {
                complete_sets_clears_and_keeps_what_the_table_says
                retry_sets_clears_and_keeps_what_the_table_says
                fail_sets_clears_and_keeps_what_the_table_says
                release_sets_clears_and_keeps_what_the_table_says
                snooze_sets_clears_and_keeps_what_the_table_says
                a_retry_at_the_last_attempt_fails
                a_released_attempt_does_not_count
                retry_and_snooze_wait_for_their_delay
                an_endless_delay_waits_until_the_end_of_time
                the_last_progress_is_stored_if_its_tick_is_later
                a_completed_task_has_the_fraction_one
                the_history_keeps_the_newest_entries
                outputs_and_failures_come_back_as_they_were
                only_a_processing_task_can_be_finished
            }
            finish_batch {
                a_batch_says_which_claims_are_lost
                a_large_batch_is_answered_in_its_order
                of_two_ends_of_one_claim_the_first_counts
                of_sixteen_callers_one_ends_the_claim
            }
            fence {
                after_a_cancel_the_claim_writes_nothing
                after_a_rescue_the_claim_writes_nothing
                after_a_rescue_at_the_cap_the_claim_writes_nothing
                after_a_requeue_the_claim_writes_nothing
                after_its_end_the_claim_writes_nothing
                the_same_workers_older_claim_writes_nothing
                another_worker_with_the_same_revision_writes_nothing
                a_revision_from_the_future_writes_nothing
                after_a_delete_the_claim_writes_nothing
            }
            beat {
                the_first_beat_creates_the_row
                a_later_beat_replaces_the_counter
                an_older_counter_never_replaces_a_newer_one
                an_older_tick_never_replaces_a_newer_one
                an_older_beat_may_carry_a_later_tick
                a_beat_changes_nothing_but_progress
                progress_comes_back_as_it_was
                a_new_claim_begins_its_ticks_anew
                the_answer_names_lost_claims
                the_answer_names_strays
                a_newer_claim_of_ones_own_is_stray_and_the_older_lost
                a_claim_whose_reply_was_lost_is_stray_and_can_be_released
                a_beat_carries_a_thousand_claims
            }
            checkpoint {
                a_checkpoint_changes_only_itself
                the_next_attempt_gets_the_checkpoint
                checkpoints_come_back_as_they_were
            }
            rescue {
                rescue_sets_clears_and_keeps_what_the_table_says
                rescue_at_the_cap_sets_clears_and_keeps_what_the_table_says
                the_cap_counts_the_rescues_of_a_run
                a_worker_that_has_just_beaten_is_not_rescued
                nobody_elses_tasks_are_touched
                dead_workers_lose_their_rows
                every_task_whose_worker_has_no_row_is_freed
                a_rescue_goes_in_chunks_in_id_order
                a_rescued_worker_claims_nothing_until_it_beats
                a_rescued_task_can_be_claimed_at_once
                eight_rescuers_free_each_task_once
            }
            cancel {
                cancel_of_a_pending_task_sets_and_keeps_what_the_table_says
                cancel_of_a_processing_task_sets_and_keeps_what_the_table_says
                a_cancelled_task_is_answered_as_it_is
                completed_and_failed_tasks_cant_be_cancelled
                cancel_looks_at_the_expected_revision_first
                cancel_of_an_absent_task_says_so
                sixteen_callers_cancel_once
            }
            requeue {
                requeue_of_a_failed_task_sets_clears_and_keeps_what_the_table_says
                requeue_of_a_cancelled_task_sets_clears_and_keeps_what_the_table_says
                live_and_completed_tasks_cant_be_requeued
                requeue_looks_at_the_expected_revision_first
                requeue_of_an_absent_task_says_so
                a_requeued_task_is_due_at_once
                a_new_run_has_all_its_attempts
                a_requeued_task_keeps_its_key
                sixteen_callers_requeue_once
            }
            delete {
                a_terminal_task_goes_and_is_returned_as_it_was
                live_tasks_cant_be_deleted
                delete_looks_at_the_expected_revision_first
                delete_of_an_absent_task_says_so
                a_deleted_tasks_key_is_free_again
                sixteen_callers_delete_once
            }
            prune {
                old_terminal_tasks_go_and_are_returned_as_they_were
                a_task_is_kept_until_it_is_old_enough
                age_counts_from_the_end
                live_tasks_are_never_pruned
                prune_goes_in_chunks
                an_endless_retention_prunes_nothing
                a_pruned_tasks_key_is_free_again
                eight_pruners_share_the_tasks
            }
            get {
                an_absent_task_is_none
                the_row_is_what_the_last_change_answered
            }
            list {
                the_newest_comes_first
                a_page_has_its_size
                pages_hold_every_task_once
                an_empty_list_is_one_page
                pages_are_stable_under_inserts
                pages_are_stable_beside_concurrent_inserts
                a_cursor_outlives_its_task
                filters_hold_alone_and_together
            }
            changed_since {
                an_equal_snapshot_is_not_told
                another_revision_is_told
                another_status_is_told
                a_later_tick_is_told
                an_absent_id_is_gone
                the_answer_is_in_the_order_of_the_question
                nothing_asked_is_nothing_answered
            }
            workers {
                without_beats_there_are_no_workers
                all_rows_come_in_id_order
                running_counts_what_is_processing_under_it
                what_runs_is_listed_in_id_order
                a_task_runs_since_its_claim
                no_more_is_listed_than_was_asked_for
                what_has_ended_leaves_the_list
            }
            stats {
                an_empty_store_counts_nothing
                every_status_is_counted_by_kind
                live_tasks_are_counted_exactly
                ended_tasks_are_counted_within_the_window
                counts_follow_every_change
                oldest_due_is_the_task_due_for_longest
                the_answer_tells_the_stores_time
            }
            ping {
                a_store_that_works_answers
            }
            wakeups {
                an_insert_wakes
                a_task_that_comes_back_wakes
                a_rescue_wakes
                a_requeue_wakes
                an_announced_task_wakes
                everyone_who_waits_is_woken
            }
            race {
                sixteen_workers_never_get_a_task_twice
                no_revision_is_handed_out_twice
                of_a_finish_and_a_cancel_one_wins
                a_claim_beside_a_cancel_ends_cancelled
                of_sixteen_beats_the_newest_stays
                a_claim_beside_a_rescue_strands_nothing
                a_beat_beside_its_own_rescue_loses_nothing_unsaid
            }
            resend {
                an_insert_sent_again_makes_nothing_new
                a_finish_sent_again_is_lost_and_changes_nothing
                a_claim_sent_again_takes_others_and_the_first_are_stray
                a_beat_sent_again_is_answered_alike
                a_checkpoint_sent_again_is_kept
                a_rescue_sent_again_frees_nothing_more
                a_cancel_sent_again_changes_nothing
                a_requeue_sent_again_begins_no_second_run
                a_delete_or_prune_sent_again_finds_nothing
                every_verb_can_be_sent_again_until_the_store_answers
                a_dropped_call_is_made_whole_or_not_at_all
            }
        }
    };
}

/// The tests of [`conformance!`], which holds the list.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($($verb:ident { $($case:ident)* })*) => {
        $(mod $verb {
            $(
                #[test]
                fn $case() {
                    $crate::run(super::leyline_conformance_subject, $crate::cases::$verb::$case);
                }
            )*
        })*
    };
}
