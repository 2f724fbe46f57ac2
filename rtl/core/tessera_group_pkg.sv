// SPDX-License-Identifier: MIT
// What travels with a lane group through the compute engine.
package tessera_group_pkg;

  // For the end of the score stage: scaling and mask.
  typedef struct packed {
    logic        last;        // of its command
    logic        q_bank;
    logic        k_bank;
    logic        identity;
    logic [9:0]  index;       // within the command
    logic [9:0]  first_row;   // tile row
    logic [10:0] rows;        // of the command
    logic [10:0] keys;
    logic [31:0] factor;
    logic [7:0]  mask_flags;
    logic [31:0] window;
    logic [31:0] sinks;
    logic [31:0] block;
    logic [31:0] tail;
    logic [10:0] free_from;
    logic [10:0] diag_group;
    logic [31:0] prefix;
  } score_group_t;

  // For the value stage and the merge.
  typedef struct packed {
    logic        last;
    logic        v_bank;
    logic        state_bank;
    logic        continued;   // ATTEND continue: merge, do not replace
    logic        identity;
    logic [9:0]  index;
    logic [9:0]  first_row;
    logic [10:0] rows;        // valid rows of this group
    logic [10:0] keys;
    logic [9:0]  d_v;
    logic [31:0] sequence_number;
    logic [63:0] score;       // S
    logic [63:0] value;       // V, from admission on
  } value_group_t;

endpackage
