// SPDX-License-Identifier: MIT
// What travels with a lane group through the compute engine, and what its units tell each other.
// Turns and lanes have the width of the largest build: INTERLEAVE 8, LANES 128.
package tessera_lane_group_pkg;

  // For the score stage: scaling. The mask goes beside it, as tessera_mask_pkg has it.
  typedef struct packed {
    logic        last;         // of its command
    logic        q_bank;
    logic        k_bank;
    logic        identity;
    logic [9:0]  index;        // within the command
    logic [9:0]  first_row;    // tile row
    logic [10:0] rows;         // of the command
    logic [9:0]  first_key;    // of the keys that it visits
    logic [10:0] keys;
    logic [1:0]  slot;         // number since reset modulo ScoreLaneGroups: its maxima
    logic [10:0] first_entry;  // of the score buffer
    logic [31:0] factor;
  } score_group_t;

  // For the value stage and the merge.
  typedef struct packed {
    logic        last;
    logic        v_bank;
    logic        state_bank;
    logic        continued;    // ATTEND continue: merge, do not replace
    logic        identity;
    logic [9:0]  index;
    logic [9:0]  first_row;
    logic [10:0] rows;         // valid rows of this group
    logic [9:0]  first_key;    // of the keys that it visits
    logic [10:0] keys;
    logic [1:0]  slot;         // number since reset modulo ScoreLaneGroups: its maxima
    logic [10:0] first_entry;  // of the score buffer
    logic [9:0]  d_v;
    logic [31:0] number;       // of the command
    logic [63:0] score_start;  // S
    logic [63:0] value_start;  // V, from admission on
  } value_group_t;

  // A key of a lane group enters a stage.
  typedef struct packed {
    logic       valid;
    logic       first;  // key
    logic       last;   // the last key
    logic       done;   // its last turn
    logic [9:0] key;    // counted from the group's first
    logic [2:0] turn;
  } key_step_t;

  // A lane group is admitted: in cycle `free` a group may enter whose first scores take the place
  // of its first scores.
  typedef struct packed {
    logic        valid;
    logic [63:0] free;
  } admission_t;

  // Read of a row of an operand or state bank (of Q and its positions: a block of LANES rows). What
  // was read comes in the next cycle and is held until the next read.
  typedef struct packed {
    logic       valid;
    logic       bank;
    logic [9:0] row_index;
  } bank_read_t;

  // Accesses to the score buffer: LANES scores of a key.
  typedef struct packed {
    logic        valid;
    logic        first;     // key of its group: its maxima begin anew
    logic        identity;  // the scores are weights
    logic [1:0]  slot;
    logic [10:0] entry;
    logic [2:0]  turn;
  } score_write_t;

  typedef struct packed {
    logic        valid;
    logic [1:0]  slot;
    logic [10:0] entry;
    logic [2:0]  turn;
  } score_read_t;

  // The sums of a turn enter the shadow register.
  typedef struct packed {
    logic       valid;
    logic [2:0] turn;
  } capture_t;

  // A row leaves the shadow register, scaled down by 2^delta.
  typedef struct packed {
    logic        valid;
    logic [2:0]  turn;
    logic [6:0]  lane;
    logic [15:0] delta;
  } tile_read_t;

  // Maximum and flags of a row, as a state bank holds them (spec/state.h).
  typedef struct packed {
    logic [15:0] flags;
    logic [15:0] m;
  } row_word_t;

  // A merged row enters its state bank; its columns and l go beside it.
  typedef struct packed {
    logic       valid;
    logic       bank;
    logic [9:0] row_index;
    logic [9:0] cols;  // columns below it are written: d_v
    row_word_t  word;
  } state_write_t;

  // Entry `key` of a group, in a ring of `entries`.
  function automatic logic [10:0] entry_of(input logic [10:0] first, input logic [9:0] key,
                                           input logic [11:0] entries);
    logic [11:0] entry;
    entry = 12'(first) + 12'(key);
    entry_of = 11'(entry < entries ? entry : entry - entries);
  endfunction

endpackage
