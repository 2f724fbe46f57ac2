// SPDX-License-Identifier: MIT
// What travels between units. A request (_req_t) and its answer (_rsp_t) are one struct each; data
// whose width is a parameter of the device (a beat, a row) goes beside its struct, in a port of its
// own. No member has a type of another package: Yosys 0.23 does not find it there.
package tessera_port_pkg;

  // A command on its way: words 0 to 10 of its descriptor, as loads, stores and FENCE read them ...
  typedef struct packed {
    logic [31:0] index_limit;
    logic [63:0] index_address;
    logic [31:0] position;
    logic [31:0] pitch;
    logic [63:0] address;
    logic [15:0] d_v;
    logic [15:0] d_k;
    logic [15:0] first_row;
    logic [15:0] rows;
    logic [15:0] reserved1;
    logic [3:0]  state_bank;
    logic [3:0]  v_bank;
    logic [3:0]  k_bank;
    logic [3:0]  q_bank;
    logic [15:0] tag;
    logic [1:0]  reserved0;
    logic [5:0]  flags;  // bit b of word 0 is flags[b - 8]
    logic [7:0]  opcode;
  } transfer_t;
  localparam int unsigned TransferBits = 352;

  // ... and words 0 to 4, as ATTEND does. The words of its mask (tessera_mask_pkg) go beside it:
  // Yosys 0.23 finds no constant of another package here, either.
  typedef struct packed {
    logic [31:0] factor;
    logic [15:0] d_v;
    logic [15:0] d_k;
    logic [15:0] keys;
    logic [15:0] rows;
    logic [15:0] reserved1;
    logic [3:0]  state_bank;
    logic [3:0]  v_bank;
    logic [3:0]  k_bank;
    logic [3:0]  q_bank;
    logic [15:0] tag;
    logic [1:0]  reserved0;
    logic [5:0]  flags;
    logic [7:0]  opcode;
  } attend_t;
  localparam int unsigned AttendBits = 160;

  // Tickets: touches of a bank are counted modulo 2^TicketBits, and the order of two counts is the
  // sign of their difference. So an engine may have 511 touches of a bank that are not released. It
  // has 8 queued, and under way at most 63 loads, or the ATTENDs of the lane groups between S and
  // the end of their keys. LaneGroups in tessera_compute_engine bounds those: 296 with D = 576 and
  // LANES = 2.
  localparam int unsigned TicketBits = 10;

  // Banks, numbered Q0 Q1 K0 K1 V0 V1 S0 S1
  typedef enum logic [1:0] {
    KindQ     = 2'd0,
    KindK     = 2'd1,
    KindV     = 2'd2,
    KindState = 2'd3
  } bank_kind_e;
  typedef struct packed {
    bank_kind_e kind;
    logic       bank;
  } bank_id_t;
  localparam int unsigned BankIds = 8;

  // The bank_id_t of a load: its opcode and the bank it names for {state, V, K, Q}.
  function automatic logic [2:0] load_bank_id(input logic [7:0] opcode, input logic [3:0] banks);
    case (opcode)
      tessera_pkg::OpLoadQ: load_bank_id = {2'd0, banks[0]};
      tessera_pkg::OpLoadK: load_bank_id = {2'd1, banks[1]};
      tessera_pkg::OpLoadV: load_bank_id = {2'd2, banks[2]};
      default:              load_bank_id = {2'd3, banks[3]};
    endcase
  endfunction

  // One bit for each engine
  typedef struct packed {
    logic load;
    logic compute;
    logic store;
  } engines_t;

  // Front end to dispatch: the head of the fetched descriptors
  typedef struct packed {
    logic         valid;
    logic [511:0] words;
  } descriptor_t;

  // An engine's queue: what its head asks for, and what the engine does with it in this cycle.
  typedef struct packed {
    logic        valid;    // the rest holds until pop or drop
    logic        granted;  // all its tickets
    bank_id_t    id;
    logic [31:0] number;   // descriptors dispatched before it
    transfer_t   command;
  } load_req_t;
  typedef struct packed {
    logic [TicketBits-1:0] v_load;
    logic [TicketBits-1:0] state_load;
    logic [TicketBits-1:0] state_store;
  } admit_tickets_t;
  // Of row 0 of the Q and the K bank of an ATTEND; the others follow one by one if they are known.
  typedef struct packed {
    logic        known;
    logic [31:0] q;
    logic [31:0] k;
  } tile_positions_t;
  localparam int unsigned TilePositionsBits = 65;
  typedef struct packed {
    logic            valid;
    logic            q_granted;
    logic            k_granted;
    tile_positions_t positions;
    admit_tickets_t  tickets;  // travel on with the lane groups, and come back in admit_req_t
    logic [31:0]     number;
    attend_t         command;
  } compute_req_t;
  typedef struct packed {
    logic        valid;
    logic        loads_granted;     // by all earlier loads of its state bank
    logic        computes_granted;  // by all earlier ATTENDs into it
    logic        last_merging;      // all but the last are
    logic [31:0] number;
    transfer_t   command;
  } store_req_t;
  typedef struct packed {
    logic pop;   // the head has begun its last step: the next command is the head
    logic drop;  // the device is halted: everything queued is dropped
  } queue_rsp_t;

  // The lane group that is to be admitted next, and whether its tickets are granted
  typedef struct packed {
    logic           valid;
    logic           v_bank;
    logic           state_bank;
    admit_tickets_t tickets;
  } admit_req_t;
  typedef struct packed {
    logic v_granted;
    logic state_granted;
  } admit_rsp_t;

  // Touches of banks: those that a dispatched command begins, those that end in this cycle (visible
  // from the next one on), and counts of either, bank by bank. Stores touch state banks only.
  typedef struct packed {
    engines_t by;
    bank_id_t load_id;
    logic     q_bank;      // of an ATTEND; of a store the state bank alone
    logic     k_bank;
    logic     v_bank;
    logic     state_bank;
  } take_t;
  typedef struct packed {
    logic     valid;
    bank_id_t id;
  } load_release_t;
  typedef struct packed {
    logic valid;
    logic bank;
  } release_t;
  typedef struct packed {
    release_t q;
    release_t k;
    release_t v;
    release_t state;
  } compute_release_t;
  typedef struct packed {
    logic [BankIds*TicketBits-1:0] load;
    logic [BankIds*TicketBits-1:0] compute;
    logic [2*TicketBits-1:0]       store;
  } touches_t;

  // What registers control, and what they show
  typedef struct packed {
    logic        enable;
    logic [63:0] ring_base;
    logic [31:0] ring_size;
    logic [31:0] ring_tail;
    logic [31:0] watchdog;
  } control_t;
  typedef struct packed {
    logic [31:0] dispatched;
    logic [31:0] outstanding;
    logic        fence_waiting;
    logic [3:0]  load_queued;
    logic [3:0]  compute_queued;
    logic [3:0]  store_queued;
  } issue_status_t;
  typedef struct packed {  // commands under way
    logic [6:0] load;
    logic [7:0] compute;  // at most 255 shown
    logic [4:0] store;
  } active_t;

  // Memory. Read data follows in a port of its own, in the cycle of `beat`.
  typedef struct packed {
    logic        valid;    // a burst is presented; only when `ready`
    logic [63:0] address;
    logic [8:0]  beats;
  } burst_req_t;
  typedef struct packed {
    logic ready;  // a burst may be presented
    logic beat;   // a beat was on the bus in the cycle before
    logic error;  // it was bad
  } read_rsp_t;
  typedef struct packed {
    logic ready;
    logic done;   // the response of the oldest burst
    logic error;  // it was bad
  } write_rsp_t;

  // One beat of one row into a bank
  typedef struct packed {
    logic        valid;
    bank_id_t    id;
    logic [9:0]  row;
    logic [7:0]  beat;      // within the row; state: beat 0 is {l, m | flags}
    logic        row_last;  // the row's last beat
    logic [31:0] position;  // of the row, Q and K; with every beat
  } bank_write_t;

  // A state row to be stored: in the next cycle, until the next read, this and the row's columns
  typedef struct packed {
    logic       valid;
    logic       bank;
    logic [9:0] row_index;
  } row_req_t;
  typedef struct packed {
    logic [31:0] l;
    logic [15:0] m;
    logic [15:0] flags;
  } row_rsp_t;

  // Errors of a unit in this cycle
  typedef struct packed {
    logic        valid;
    logic [7:0]  code;     // tessera_pkg::error_e
    logic [15:0] tag;
  } error_t;
  typedef struct packed {
    logic [7:0]  code;
    logic [15:0] tag;
  } error_state_t;

  // Trace
  typedef struct packed {
    logic        valid;
    logic [31:0] number;
  } event_t;
  typedef struct packed {
    logic        valid;
    logic [15:0] tag;
    logic [7:0]  opcode;
    logic [31:0] number;
  } dispatch_event_t;
  typedef struct packed {  // of a lane group, in the cycle in which its last valid row is merged
    logic        valid;
    logic [10:0] keys;
    logic [9:0]  index;
    logic [31:0] number;
    logic [63:0] score_start;  // S
    logic [63:0] value_start;  // V
  } lane_group_event_t;

  // Counters: what happens in this cycle
  typedef struct packed {
    logic       busy;
    logic       waiting;     // a command is at the head
    logic       burst;       // presented
    logic       index_list;  // it is of one
    bank_kind_e kind;
    logic [8:0] beats;
  } load_activity_t;
  typedef struct packed {
    logic score_busy;  // also LANES Q rows read, LANES scores written. Of each five one is set.
    logic score_stall_q;
    logic score_stall_k;
    logic score_stall_buffer;
    logic score_idle;
    logic value_busy;  // also LANES scores read
    logic value_stall_v;
    logic value_stall_state;
    logic value_stall_score;
    logic value_idle;
    logic k_row_read;
    logic v_row_read;
    logic state_row_read;   // by a merge
    logic state_row_write;  // by a merge
  } compute_activity_t;
  typedef enum logic [1:0] {
    StoreO      = 2'd0,
    StoreState  = 2'd1,
    StoreRecord = 2'd2   // of a FENCE
  } store_kind_e;
  typedef struct packed {  // rows of a STORE_O
    logic empty;
    logic nan;
    logic saturated;
    logic div0;
  } row_marks_t;
  typedef struct packed {
    logic        busy;
    logic        waiting;
    logic        burst;
    store_kind_e kind;
    logic [8:0]  beats;
    logic        state_row_read;
    row_marks_t  marks;
  } store_activity_t;

  // Inside the load engine: a load that starts, as the sink keeps it
  typedef struct packed {
    logic [31:0] number;
    logic [15:0] tag;
    bank_id_t    id;
    logic        gather;
    logic [15:0] first_row;
    logic [15:0] rows;
    logic [7:0]  row_beats;
    logic [8:0]  index_beats;
    logic [31:0] position;
    logic [31:0] index_limit;
  } started_load_t;
  localparam int unsigned StartedLoadBits = 165;

  // Inside the store engine: a beat that is read
  typedef struct packed {
    logic        valid;
    logic        fence;
    logic        state;      // STORE_STATE
    logic        normalise;
    logic        bf16;
    logic [15:0] d_v;
    logic [7:0]  beat;       // within the row
    logic [63:0] record;     // of a FENCE
  } store_beat_t;

endpackage
